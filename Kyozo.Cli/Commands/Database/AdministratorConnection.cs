using System.CommandLine;
using System.Net.Sockets;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Engine.Backups;
using Kyozo.Engine.Host;
using Npgsql;

namespace Kyozo.Cli.Commands.Database;

/// <summary>With whose rights <c>kyozo db …</c> works: an administrator's connection string from the option, the environment, or the running installation.</summary>
static class AdministratorConnection
{
    public static Option<string?> Option() => new("--connection")
    {
        Description = "The administrator's connection string; else ConnectionStrings__kyozodb, ConnectionStrings__kyozodb_admin, or what `kyozo up` runs.",
        Recursive = true,
    };

    /// <summary>Runs an action on the connection string that was given or is known; what PostgreSQL refuses is explained with the way out.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> UseAsync(string? option, Func<string, Task<int>> action)
    {
        string? administrator = null;
        return await ExplainAsync(
            () =>
            {
                administrator = Parse(FindConnection(option));
                return action(administrator);
            },
            () => administrator);
    }

    /// <summary>Runs an action that may need no connection; what goes wrong is explained with the way out.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> ExplainAsync(Func<Task<int>> action, Func<string?>? connection = null)
    {
        try
        {
            return await action();
        }
        catch (Exception e) when (Explain(e, connection?.Invoke()) is { } message)
        {
            await Console.Error.WriteLineAsync(message);
            return e is CommandException refusal ? refusal.ExitCode : 1;
        }
    }

    static string FindConnection(string? option) =>
        Given(option)
        ?? Given(Environment.GetEnvironmentVariable("ConnectionStrings__kyozodb"))
        ?? Given(Environment.GetEnvironmentVariable("ConnectionStrings__kyozodb_admin"))
        ?? ConnectionFile.Read(KyozoHome.FromEnvironment())?.Admin
        ?? throw new CommandException(
            "No database is known. Start Kyozo with `kyozo up`, or give an administrator's connection: kyozo db … --connection \"Host=…;Database=kyozo;Username=postgres;Password=…\"");

    static string Parse(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString).ConnectionString;
        }
        catch (ArgumentException e)
        {
            throw new CommandException($"The connection string is not valid: {e.Message}. A good one: Host=127.0.0.1;Port=5432;Database=kyozo;Username=postgres;Password=…", inner: e);
        }
    }

    static string? Given(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;

    static string? Explain(Exception e, string? administrator) => e switch
    {
        CommandException or SchemaException or BackupException or HostProgramException or InvalidDataException => e.Message,
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } refused =>
            $"{refused.MessageText}. Make it with: createdb, or name another in the connection string.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
            $"PostgreSQL refused the sign-in: {refused.MessageText}. Check user and password of the connection string.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused =>
            $"{refused.MessageText}. `kyozo db` needs an administrator's connection (a role that may create roles).",
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } refused =>
            $"PostgreSQL: {refused.MessageText}. What was whole before is kept. Give it more time (--statement-timeout 30m), or look for what it waited for: kyozo db preflight",
        PostgresException refused => $"PostgreSQL: {refused.MessageText}{(refused.Detail is null ? "" : $" ({refused.Detail})")}",
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } lost =>
            $"PostgreSQL does not answer at {Address(administrator)}: {lost.InnerException!.Message}. Start it with: kyozo up",
        NpgsqlException other => $"PostgreSQL at {Address(administrator)}: {other.Message}",
        // EF's way of saying that the server does not answer.
        InvalidOperationException { InnerException: NpgsqlException inner } => Explain(inner, administrator),
        _ => null,
    };

    static string Address(string? administrator)
    {
        var connection = new NpgsqlConnectionStringBuilder(administrator);
        return $"{connection.Host}:{connection.Port}";
    }
}
