"""How fast dumps are imported, beside a bare gunzip and a bare expat parse of the same file in the same run."""
