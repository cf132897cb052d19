namespace Kyozo.Data.WorkerApi;

/// <summary>The worker does not answer, or cannot do its work now (the engine or the database is away). Trying again later may help.</summary>
public sealed class WorkerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The worker understood and will not do it: the message says why, in words for people.</summary>
public sealed class WorkerRefusedException(string detail) : Exception(detail);
