"""The way of an order from the shop to the door, as it is gone: where orders stand, how long they stay, where they wait."""
