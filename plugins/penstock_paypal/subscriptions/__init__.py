"""PayPal's plans and subscriptions: what is offered, how one stands, and changes to one."""
