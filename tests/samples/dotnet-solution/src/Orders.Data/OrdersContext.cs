namespace Orders.Data;

public sealed class OrdersContext;
