using System.Globalization;
using System.Text.RegularExpressions;
using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Health;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Web.Authorization;
using Kyozo.Web.Components.Shared;
using Kyozo.Web.Live;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Web.Components.Pages.ServiceInstances;

/// <summary>A secret of the service: that it is there, never what it is.</summary>
public sealed record SecretRow(string Name, DateTimeOffset UpdatedAt, string By);

/// <summary>The settings of a service as they are stored.</summary>
public sealed record ServiceSettings(Guid Id, long Generation, DateTimeOffset UpdatedAt, DeploymentConfig Config, ResourceLimits Limits, IReadOnlyList<SecretRow> Secrets)
{
    public static async Task<ServiceSettings?> ReadAsync(KyozoContext db, Guid id, CancellationToken cancellationToken)
    {
        var row = await db.ServiceInstances.AsNoTracking().Where(service => service.Id == id && service.DeletedAt == null)
            .Select(service => new { service.Generation, service.UpdatedAt, service.DeploymentConfig, service.ResourceLimits }).SingleOrDefaultAsync(cancellationToken);
        if (row is null) return null;
        var secrets = await (
            from secret in db.Secrets
            join user in db.Users on secret.UpdatedBy equals user.Id
            where secret.ServiceInstanceId == id
            orderby secret.Name
            select new SecretRow(secret.Name, secret.UpdatedAt, user.DisplayName)).ToListAsync(cancellationToken);
        return new(id, row.Generation, row.UpdatedAt, row.DeploymentConfig, row.ResourceLimits, secrets);
    }

    /// <summary>Stores the form over what it was filled from; refused when somebody else was quicker.</summary>
    public static async Task SaveAsync(
        Portal portal, AccessControl access, EventLog events, ServiceSettings from, ServiceForm form, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (config, limits) = form.Over(from);
        await portal.WriteAsync(async (db, actor, token) =>
        {
            await access.DemandAsync(actor, AccessAction.ModifyConfig, AccessTarget.Service(from.Id), token);
            var row = await db.ServiceInstances.SingleAsync(service => service.Id == from.Id && service.DeletedAt == null, token);
            if (row.Generation != from.Generation) throw new RefusedException("Somebody else changed these settings meanwhile. They are shown as they are now.");
            row.DeploymentConfig = config;
            row.ResourceLimits = limits;
            row.Generation++;
            row.UpdatedAt = clock.GetUtcNow();
            await db.SaveChangesAsync(token);
            await events.AppendAsync(db, new NewEvent(
                actor.TeamId, row.Id, EventType.ConfigurationUpdated, new { variables = Changed(from.Config, config), limits = limits != from.Limits, healthCheck = true },
                UserId: actor.UserId), token);
            return true;
        }, cancellationToken);
    }

    /// <summary>Names only: a value typed as a plain variable may still be one that should not be spread.</summary>
    static List<string> Changed(DeploymentConfig before, DeploymentConfig after)
    {
        var (old, now) = (VariableForm.All(before).ToList(), VariableForm.All(after).ToList());
        bool Same(VariableForm one, VariableForm other) => (one.Name, one.Value, one.Environment) == (other.Name, other.Value, other.Environment);
        return [.. old.Where(one => !now.Exists(other => Same(one, other))).Concat(now.Where(one => !old.Exists(other => Same(one, other)))).Select(one => one.Label).Distinct().Order(StringComparer.Ordinal)];
    }
}

/// <summary>One variable as it is typed; the id only keeps the row. No environment: it holds in all of them.</summary>
public sealed record VariableForm(int Id, string Name, string Value, string Environment = "")
{
    public string Label => Environment.Length == 0 ? Name : $"{Name} ({Environment})";

    public static IEnumerable<VariableForm> All(DeploymentConfig config) =>
        config.Environment.Select(pair => (pair.Key, pair.Value, Environment: ""))
            .Concat(config.Environments.SelectMany(own => own.Value.Select(pair => (pair.Key, pair.Value, Environment: own.Key))))
            .OrderBy(one => one.Key, StringComparer.Ordinal).ThenBy(one => one.Environment, StringComparer.Ordinal)
            .Select((one, index) => new VariableForm(index, one.Key, one.Value, one.Environment));
}

/// <summary>The settings as they are typed.</summary>
public sealed partial record ServiceForm(IReadOnlyList<VariableForm> Variables, LimitsForm Limits, CheckForm Check)
{
    public int NextId => Variables.Select(variable => variable.Id).DefaultIfEmpty(0).Max() + 1;

    public bool Same(ServiceForm other) => Limits == other.Limits && Check == other.Check
        && Variables.Select(variable => (variable.Name, variable.Value, variable.Environment)).SequenceEqual(other.Variables.Select(variable => (variable.Name, variable.Value, variable.Environment)));

    public static ServiceForm Of(ServiceSettings settings) => new(
        [.. VariableForm.All(settings.Config)],
        LimitsForm.Of(settings.Limits), CheckForm.Of(settings.Config.HealthChecks.Count > 0 ? settings.Config.HealthChecks[0] : null));

    /// <exception cref="RefusedException">Something typed cannot be.</exception>
    public (DeploymentConfig Config, ResourceLimits Limits) Over(ServiceSettings settings)
    {
        foreach (var variable in Variables)
            if (!VariableName().IsMatch(variable.Name)) throw new RefusedException($"\"{variable.Name}\" is no name of a variable: letters, digits and _, not a digit first.");
        if (Variables.FirstOrDefault(variable => variable.Environment.Length > 50) is { } wordy) throw new RefusedException($"{wordy.Name}: the name of an environment has at most 50 characters.");
        if (Variables.GroupBy(variable => variable.Label).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new RefusedException($"{twice.Key} stands there twice.");
        // Further checks of a service, which this form does not show, stay.
        IReadOnlyList<HealthCheckConfig> checks = Check == CheckForm.Of(settings.Config.HealthChecks.Count > 0 ? settings.Config.HealthChecks[0] : null)
            ? settings.Config.HealthChecks
            : [Check.ToConfig(), .. settings.Config.HealthChecks.Skip(1)];
        var everywhere = Variables.Where(variable => variable.Environment.Length == 0).ToDictionary(variable => variable.Name, variable => variable.Value);
        var environments = Variables.Where(variable => variable.Environment.Length > 0).GroupBy(variable => variable.Environment)
            .ToDictionary(own => own.Key, IReadOnlyDictionary<string, string> (own) => own.ToDictionary(variable => variable.Name, variable => variable.Value));
        return (settings.Config with { Environment = everywhere, Environments = environments, HealthChecks = checks }, Limits.ToLimits());
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
    private static partial Regex VariableName();
}

/// <summary>A health check as it is typed.</summary>
public sealed record CheckForm(string Type, string Port, string Path, string Command, string Interval, string Timeout, string Threshold)
{
    public static CheckForm Of(HealthCheckConfig? check)
    {
        check ??= new HealthCheckConfig { Type = CheckType.Docker };
        return new(
            Say.Word(check.Type), check.Port?.ToString(CultureInfo.InvariantCulture) ?? "", check.Path ?? "/", string.Join(' ', check.Command),
            Text(check.Interval.TotalSeconds), Text(check.Timeout.TotalSeconds), Text(check.FailureThreshold));
    }

    /// <exception cref="RefusedException">Something typed cannot be.</exception>
    public HealthCheckConfig ToConfig()
    {
        var type = Enum.Parse<CheckType>(Type, ignoreCase: true);
        var command = Command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (type is CheckType.Exec && command.Length == 0) throw new RefusedException("An exec check needs a command.");
        if (type is CheckType.Http && !Path.StartsWith('/')) throw new RefusedException($"The path \"{Path}\" must begin with a slash, for example /health.");
        return new()
        {
            Type = type,
            Port = Port.Length == 0 || type is CheckType.Exec or CheckType.Docker ? null : (int)Number(Port, "Port", 1, 65535),
            Path = type is CheckType.Http ? Path : null,
            Command = type is CheckType.Exec ? command : [],
            Interval = TimeSpan.FromSeconds(Number(Interval, "Every", 1, 3600)),
            Timeout = TimeSpan.FromSeconds(Number(Timeout, "At most", 0.1, 60)),
            FailureThreshold = (int)Number(Threshold, "Failures in a row", 1, 20),
        };
    }

    static string Text(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    static double Number(string text, string name, double from, double to) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= from && number <= to
            ? number
            : throw new RefusedException(FormattableString.Invariant($"{name}: \"{text}\" is not a number from {from} to {to}."));
}
