"""`soundtracks azure up|smoke|down`: the whole product in a subscription, by the Azure CLI of this machine."""
