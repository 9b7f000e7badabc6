"""What our own limits allow."""
