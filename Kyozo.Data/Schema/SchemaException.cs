namespace Kyozo.Data.Schema;

/// <summary>The database is not as Kyozo needs it; the message says what is wrong and what to do.</summary>
public sealed class SchemaException(string message) : Exception(message);
