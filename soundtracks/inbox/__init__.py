"""The inbox: title files that landed in the lake's titles/, and how they are told apart, found and set aside."""
