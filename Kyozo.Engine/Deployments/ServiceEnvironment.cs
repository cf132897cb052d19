using System.Globalization;
using Kyozo.Data.ServiceInstances;

namespace Kyozo.Engine.Deployments;

/// <summary>Puts together the variables of a container. Later ones win: port, addresses of what it depends on, its own, its secrets.</summary>
public static class ServiceEnvironment
{
    /// <param name="service">The service.</param>
    /// <param name="environment">The workspace's <c>deployment_environment</c>: chooses among its own variables.</param>
    /// <param name="given">What its image's template sets (a backing service's user, password, database).</param>
    /// <param name="dependencies">Its edges with the service at the other end and how that is reached.</param>
    /// <param name="secrets">Its secrets by variable.</param>
    public static IReadOnlyDictionary<string, string> Of(
        ServiceInstance service, string environment, IReadOnlyDictionary<string, string> given,
        IEnumerable<(ServiceDependency Edge, ServiceInstance Service, ConnectionTarget Target)> dependencies,
        IReadOnlyDictionary<string, string> secrets)
    {
        var variables = new Dictionary<string, string>(given, StringComparer.Ordinal);
        if (service.PortMappings is [var first, ..]) variables.TryAdd("PORT", first.ContainerPort.ToString(CultureInfo.InvariantCulture));
        foreach (var (edge, other, target) in dependencies.Where(d => d.Edge.EnvVariable is not null).OrderBy(d => d.Service.Name, StringComparer.Ordinal))
        {
            var template = edge.ConnectionTemplate ?? ConnectionStrings.DefaultTemplate(other.ServiceType, target);
            // A program that reads host, user and password one by one has further lines NAME=template behind the first.
            var lines = template.Split('\n');
            variables[edge.EnvVariable!] = ConnectionStrings.Fill(ConnectionStrings.WithAccount(lines[0], target), target);
            foreach (var line in lines.Skip(1))
            {
                if (line.Split('=', 2) is [var name, var part]) variables[name] = ConnectionStrings.Fill(part, target);
            }
        }

        foreach (var (name, value) in service.DeploymentConfig.VariablesIn(environment)) variables[name] = value;
        foreach (var (name, value) in secrets) variables[name] = value;
        return variables;
    }
}
