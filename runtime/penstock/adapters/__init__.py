"""The world behind the ports: one service per module, its foreign errors mapped there only."""
