"""What agents' folders are made with: the contract of local histories, readers of lines, the engine for telemetry."""
