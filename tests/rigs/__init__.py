"""Stand-ins that tests alone use: Azure's control plane, Azurite, the image builder, a moved clock."""
