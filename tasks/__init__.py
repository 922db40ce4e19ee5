"""What flows are made of: thin Prefect tasks here, Prefect-free packages below."""
