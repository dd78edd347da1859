"""The only AMI socket: client, supervisor, recorder."""
