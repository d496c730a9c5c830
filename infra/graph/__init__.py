"""The program's resources as data: captured, drawn, shown."""
