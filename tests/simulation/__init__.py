"""The client in a simulated world: a seed decides order, delays, losses and garbage, and nothing sleeps."""
