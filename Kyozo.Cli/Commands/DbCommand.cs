using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Spectre.Console;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo db …</c>: the schema of an installation's database, with an administrator's connection.</summary>
static class DbCommand
{
    public static Command Create()
    {
        var connection = new Option<string?>("--connection")
        {
            Description = "The administrator's connection string; else ConnectionStrings__kyozodb, ConnectionStrings__kyozodb_admin, or what `kyozo up` runs.",
            Recursive = true,
        };
        return new Command("db", "Look after the database: migrate, rollback, status, verify, psql.")
        {
            connection,
            Migrate(connection),
            Rollback(connection),
            Status(connection),
            Verify(connection),
            Psql(connection),
        };
    }

    static Command Migrate(Option<string?> connection)
    {
        var to = new Option<string?>("--to") { Description = "Last migration to apply; all without it." };
        var command = new Command("migrate", "Make roles, apply the migrations that are missing, make the partitions of the next days.") { to };
        command.SetAction((result, cancellationToken) => RunAsync(result.GetValue(connection), async administrator =>
        {
            await CreateMigrator(administrator).MigrateAsync(result.GetValue(to), cancellationToken);
            Console.WriteLine(result.GetValue(to) is { } last ? $"The database is at {last}." : "The database is up to date.");
            return 0;
        }));
        return command;
    }

    static Command Rollback(Option<string?> connection)
    {
        var to = new Option<string?>("--to") { Description = $"Migration to go back to; one step without it; {Migrator.Nothing} takes back all." };
        var command = new Command("rollback", "Take migrations back. Columns and tables that they made are lost with what is in them.") { to };
        command.SetAction((result, cancellationToken) => RunAsync(result.GetValue(connection), async administrator =>
        {
            await CreateMigrator(administrator).RollbackAsync(result.GetValue(to), cancellationToken);
            return 0;
        }));
        return command;
    }

    static Command Status(Option<string?> connection)
    {
        var command = new Command("status", "List the migrations; exits 1 when some are missing.");
        command.SetAction((result, cancellationToken) => RunAsync(result.GetValue(connection), async administrator =>
        {
            var states = await CreateMigrator(administrator).ReadStatusAsync(cancellationToken);
            foreach (var state in states) Console.WriteLine($"{(state.Applied ? "applied" : "missing")}  {state.Id}");
            var missing = states.Count(state => !state.Applied);
            Console.WriteLine(missing == 0 ? "The database is up to date." : $"{missing} missing. Apply with: kyozo db migrate");
            return missing == 0 ? 0 : 1;
        }));
        return command;
    }

    static Command Verify(Option<string?> connection)
    {
        var all = new Option<bool>("--all") { Description = "List every single thing, not only the sums and the faults." };
        var command = new Command("verify", "Hold the database against what this version expects; exits 1 on a fault.") { all };
        command.SetAction((result, cancellationToken) => RunAsync(result.GetValue(connection), async administrator =>
        {
            var items = await new SchemaVerifier(administrator, TimeProvider.System).VerifyAsync(cancellationToken);
            foreach (var kind in items.GroupBy(item => item.Kind))
            {
                foreach (var item in kind.Where(item => item.Fault is not null || result.GetValue(all)))
                    AnsiConsole.MarkupLineInterpolated(item.Fault is null ? $"[green]ok[/]      {item.Kind} {item.Name}" : (FormattableString)$"[red]failed[/]  {item.Kind} {item.Name}: {item.Fault}");
                if (kind.All(item => item.Fault is null)) AnsiConsole.MarkupLineInterpolated($"[green]ok[/]      {kind.Key}: {kind.Count()}");
            }

            var faults = items.Count(item => item.Fault is not null);
            if (faults > 0) Console.WriteLine($"{faults} of {items.Count} failed. What is missing is made by: kyozo db migrate");
            return faults == 0 ? 0 : 1;
        }));
        return command;
    }

    static Command Psql(Option<string?> connection)
    {
        var admin = new Option<bool>("--admin") { Description = $"Stay administrator instead of acting as {DatabaseRoles.Owner}." };
        var arguments = new Argument<string[]>("arguments") { Description = "Arguments of psql, after --.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("psql", $"Open psql on the database, acting as {DatabaseRoles.Owner}.") { admin, arguments };
        command.SetAction((result, cancellationToken) => RunAsync(result.GetValue(connection), async administrator =>
        {
            var start = PsqlStart.Create(new NpgsqlConnectionStringBuilder(administrator), result.GetValue(admin), result.GetValue(arguments) ?? []);
            using var psql = Process.Start(start) ?? throw new CommandException("psql did not start.");
            await psql.WaitForExitAsync(cancellationToken);
            return psql.ExitCode;
        }));
        return command;
    }

    static Migrator CreateMigrator(string administrator)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        var passwords = new Dictionary<string, string>();
        foreach (var role in DatabaseRoles.Logins)
        {
            // kyozo_portal's is Kyozo:Roles:PortalPassword.
            if (configuration[$"Kyozo:Roles:{role["kyozo_".Length..]}Password"] is { Length: > 0 } password) passwords[role] = password;
        }

        return new Migrator(administrator, passwords, TimeProvider.System, Console.WriteLine);
    }

    static async Task<int> RunAsync(string? option, Func<string, Task<int>> action)
    {
        string? administrator = null;
        try
        {
            administrator = Parse(FindConnection(option));
            return await action(administrator);
        }
        catch (Exception e) when (Explain(e, administrator) is { } message)
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
        CommandException or SchemaException or InvalidDataException => e.Message,
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } refused =>
            $"{refused.MessageText}. Make it with: createdb, or name another in the connection string.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
            $"PostgreSQL refused the sign-in: {refused.MessageText}. Check user and password of the connection string.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused =>
            $"{refused.MessageText}. `kyozo db` needs an administrator's connection (a role that may create roles).",
        PostgresException refused => $"PostgreSQL: {refused.MessageText}{(refused.Detail is null ? "" : $" ({refused.Detail})")}",
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } lost =>
            $"PostgreSQL does not answer at {Address(administrator)}: {lost.InnerException!.Message}. Start it with: kyozo up",
        NpgsqlException other => $"PostgreSQL at {Address(administrator)}: {other.Message}",
        _ => null,
    };

    static string Address(string? administrator)
    {
        var connection = new NpgsqlConnectionStringBuilder(administrator);
        return $"{connection.Host}:{connection.Port}";
    }
}
