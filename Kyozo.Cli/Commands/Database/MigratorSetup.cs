using Kyozo.Data.Schema;
using Microsoft.Extensions.Configuration;

namespace Kyozo.Cli.Commands.Database;

/// <summary>The migrator of the command line: passwords of the roles come from <c>Kyozo__Roles__PortalPassword</c> and the like.</summary>
static class MigratorSetup
{
    public static Migrator Create(string administrator, Action<string> log, TimeSpan? statementTimeout = null) =>
        new(administrator, Passwords(), TimeProvider.System, log) { StatementTimeout = statementTimeout };

    /// <summary>Password by role, as far as they are given.</summary>
    public static IReadOnlyDictionary<string, string> Passwords()
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        var passwords = new Dictionary<string, string>();
        foreach (var role in DatabaseRoles.Logins)
        {
            // kyozo_portal's is Kyozo:Roles:PortalPassword.
            if (configuration[$"Kyozo:Roles:{role["kyozo_".Length..]}Password"] is { Length: > 0 } password) passwords[role] = password;
        }

        return passwords;
    }
}
