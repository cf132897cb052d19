using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Code;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology;

/// <summary>Finds who uses whom: stated by compose, told by variables and addresses, or by a client library.</summary>
sealed class Edges(IReadOnlyList<Service> services)
{
    const double Least = 0.5;
    const int MaxTemplate = 1000, MaxShown = 20;

    /// <summary>Variables whose bare value is a host.</summary>
    static readonly string[] HostEndings = ["HOST", "HOSTNAME", "SERVER", "ADDR", "ADDRESS", "ENDPOINT", "UPSTREAM", "URL", "URI"];

    readonly Dictionary<string, Draft> _drafts = new(StringComparer.Ordinal);
    readonly ServiceNames _names = new(services);
    readonly ServicePorts _ports = new(services);

    sealed class Draft(Service from, Service to)
    {
        public Service From => from;
        public Service To => to;
        public List<Evidence> Evidence { get; } = [];
        public string? Variable { get; set; }
        public string? Template { get; set; }
        public double VariableWeight { get; set; }
        public bool Optional { get; set; }
    }

    public IReadOnlyList<DetectedDependency> Find(IReadOnlyList<StatedEdge> stated, IReadOnlyList<BackingEdge> backing)
    {
        foreach (var service in services) Compose(service);
        foreach (var edge in stated) Stated(edge);
        foreach (var edge in backing) Backing(edge.From, edge.To, edge.Evidence);
        foreach (var service in services.Where(service => !service.IsReady))
        {
            foreach (var use in service.Facts.Variables.OrderBy(use => use.FromFile)) Variable(service, use.Name, use.Value, use.Place);
            foreach (var address in service.Facts.Addresses.Where(address => !address.OfCaller && (!address.OfProxy || IsOwnProxy(service, address.Place.File)))) Address(service, address);
        }
        var edges = _drafts.Values.Where(draft => Belief.Of(draft.Evidence) >= Least && !IsSiblings(draft) && !IsAnothers(draft))
            .OrderBy(draft => draft.From.Name, StringComparer.Ordinal).ThenBy(draft => draft.To.Name, StringComparer.Ordinal)
            .Select(draft => new DetectedDependency(draft.From.Name, draft.To.Name, draft.Optional ? DependencyType.Optional : DependencyType.Requires, draft.Variable, Belief.Of(draft.Evidence), draft.Evidence) { ConnectionTemplate = draft.Template }).ToList();
        return WithoutCycles(edges);
    }

    /// <summary>A service that waits for an image nobody knows, and for nothing of the type that its library speaks to: that image is meant, not the one that another service waits for.</summary>
    bool IsAnothers(Draft draft) =>
        draft.From.Compose is { } own && draft.To.Compose is { } target && !own.DependsOn.ContainsKey(target.Name) && draft.Evidence.TrueForAll(one => one.Signal.StartsWith("client library ", StringComparison.Ordinal)) &&
        services.Any(one => one.Candidate.Type == ServiceType.Image && one.Compose is { } image && own.DependsOn.ContainsKey(image.Name)) && services.Any(one => one != draft.From && one.Compose?.DependsOn.ContainsKey(target.Name) == true);

    /// <summary>Several services of a compose file run the same text: what one of them waits for explains why the text speaks of it, and says nothing about another that waits for something else.</summary>
    bool IsSiblings(Draft draft) =>
        draft.From.Compose is { DependsOn.Count: > 0 } own && draft.To.Compose is { } target && draft.Evidence.TrueForAll(one => one.File != own.File) &&
        services.Any(other => other != draft.From && other.Compose is { } sibling && other.Candidate.Folder.Path == draft.From.Candidate.Folder.Path && sibling.DependsOn.ContainsKey(target.Name));

    void Compose(Service service)
    {
        if (service.Compose is not { } compose) return;
        foreach (var (name, (required, line)) in compose.DependsOn)
        {
            if (services.FirstOrDefault(other => other.Compose?.Name == name && other.Compose.File == compose.File || other.Compose?.Name == name) is not { } to || to == service) continue;
            var draft = Between(service, to);
            draft.Evidence.Add(new(compose.File, line, $"depends on {name}", Belief.Stated));
            draft.Optional = !required;
        }
        foreach (var (name, (value, line)) in compose.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (value is null) continue;
            foreach (var to in services.Where(other => other != service && other.Compose is not null && NamesHost(value, other.Compose.Hosts) && !(IsOfAccount(name) && other.Compose.Hosts.Contains(value))))
            {
                var draft = Between(service, to);
                draft.Evidence.Add(new(compose.File, line, $"{name} names {to.Name}", Belief.HostNamesService));
                Prefer(draft, name, Templated(value, to.Compose!.Hosts), value.Contains("://", StringComparison.Ordinal) ? 1 : 0.9);
            }
        }
    }

    /// <summary>False for the configuration of a web server that lies below a program and is none of its image: another container reads it.</summary>
    static bool IsOwnProxy(Service service, string file)
    {
        var (candidate, index) = (service.Candidate, service.Candidate.Folder.Index);
        if (candidate.IsSecondProcess) return false;
        if (candidate.Type == ServiceType.Nginx || candidate.Dockerfile is not { } dockerfile || Paths.Parent(file) == candidate.Folder.Path) return true;
        return index.File(dockerfile) is not { } image || Array.Exists(WebServers, image.Mentions) || image.Mentions(Paths.Last(file));
    }

    static readonly string[] WebServers = ["nginx", "caddy", "httpd", "haproxy", "apache", "traefik", "envoy"];

    /// <summary>A variable with the name of a user, a database or the like: that a service is called the same says nothing.</summary>
    static bool IsOfAccount(string variable) => Array.Exists(AccountEndings, ending => variable.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    static readonly string[] AccountEndings = ["USER", "USERNAME", "PASSWORD", "PASS", "DATABASE", "DBNAME", "DB_NAME", "_DB", "ROLE", "SCHEMA", "BUCKET", "REALM"];

    void Stated(StatedEdge edge)
    {
        if (services.FirstOrDefault(one => one.Candidate == edge.From) is not { } from || services.FirstOrDefault(one => one.Candidate == edge.To) is not { } to) return;
        var draft = Between(from, to);
        Add(draft, new(edge.File, edge.Line, edge.Signal, Belief.Stated));
        if (edge.Variable is { } variable) Prefer(draft, variable, edge.Template!, 2);
    }

    void Backing(Service from, Service to, List<Evidence> evidence)
    {
        var draft = Between(from, to);
        foreach (var one in evidence) Add(draft, one);
        if (ConnectionVariables.For(to.Candidate.Type, from.Candidate, from.Facts) is not { } choice) return;
        if (choice.Place is null && choice.Read) Add(draft, new(evidence[0].File, null, $"{from.Candidate.Framework ?? "the framework"} reads {choice.Name} by itself", Belief.Convention));
        if (choice.Place is { } place) Add(draft, new(place.File, place.Line, choice.Read ? $"reads {choice.Name}" : $"{choice.Name} in an environment file", choice.Read ? Belief.ReadsVariable : Belief.Sign));
        Prefer(draft, choice.Name, choice.Template, choice.Read ? 0.8 : 0.5);
    }

    void Variable(Service from, string name, string? value, Place place)
    {
        var (host, port) = HostOf(name, value);
        var keys = Variables.NamedServices(name).ToList();
        var ofHost = host is null ? [] : _names.OfHost(host, Slug.Key(host));
        if (ofHost.Count == 0 && !(host is "localhost" or "127.0.0.1" && port is { } there && _ports.MayMeanOne(there)) && !_names.MayMean(keys)) return;
        foreach (var to in services)
        {
            if (to == from || to.Candidate.Listens == false && to.Candidate.Port is null) continue;
            var hostNames = ofHost.Contains(to);
            // A default on this machine tells by its port; the service's own port says nothing about another.
            var byPort = host is "localhost" or "127.0.0.1" && port is { } given && IsPortOf(given, to, from);
            var byName = !to.IsBacking && _names.Mean(keys, to, from);
            if (!hostNames && !byPort && !byName || to.IsBacking && !hostNames || IsOfCaller(name, from, to)) continue;

            var draft = Between(from, to);
            var weight = 0.0;
            void Because(string signal, double one)
            {
                Add(draft, new(place.File, place.Line, signal, one));
                weight += one;
            }

            if (byName) Because($"{name} names {to.Name}", Belief.VariableNamesService);
            if (hostNames) Because($"{name} has the host {host}", Belief.HostNamesService);
            if (byPort) Because($"{name} has the port {port} of {to.Name}", Belief.PortOfService);
            if (to.IsBacking) continue;
            Prefer(draft, name, AppTemplate(name, value), weight);
        }
    }

    void Address(Service from, AddressUse address)
    {
        var ofHost = _names.OfHost(address.Host, Slug.Key(address.Host));
        // A host that nobody here has: what else it might be called, the port of exactly one program tells which is meant.
        var stranger = from.Compose is null && address.Host is not ("localhost" or "127.0.0.1" or "0.0.0.0") && address.Scheme is "http" or "https" or "grpc" or "ws" && address.Port is not null && ofHost.Count == 0;
        if (ofHost.Count == 0 && !(address.Port is { } there && _ports.MayMeanOne(there))) return;
        foreach (var to in services)
        {
            if (to == from) continue;
            if (ofHost.Contains(to)) Add(Between(from, to), new(address.Place.File, address.Place.Line, $"address of {address.Host}", Belief.HostNamesService));
            else if ((stranger || address.Host is "localhost" or "127.0.0.1") && !to.IsBacking && address.Port is { } port && IsPortOf(port, to, from))
                Add(Between(from, to), new(address.Place.File, address.Place.Line, $"address with the port {port} of {to.Name}", Belief.PortOfService));
        }
    }

    /// <summary>The port of exactly one program, or else the one on which exactly one is reached while somebody works on it; the caller's own says nothing about another.</summary>
    bool IsPortOf(int port, Service to, Service from)
    {
        if (port == from.Candidate.Port || ServicePorts.IsDevelopmentPort(port, from)) return false;
        // Servers know their pages' address on this machine to let them in, not to call them; a proxy sends requests there.
        if (IsFrontEnd(to) && !IsFrontEnd(from) && !IsProxy(from)) return false;
        if (_ports.CountOn(port) is > 0 and var count) return port == to.Candidate.Port && count == 1;
        return ServicePorts.IsDevelopmentPort(port, to) && _ports.DevelopedOn(port) == 1;
    }

    /// <summary>A variable with the address of who calls: permitted origins, and the pages that a server without pages sends people back to.</summary>
    static bool IsOfCaller(string variable, Service from, Service to)
    {
        var name = variable.ToUpperInvariant();
        if (name.Contains("CORS", StringComparison.Ordinal) || name.Contains("ALLOWED_ORIGIN", StringComparison.Ordinal) || name.Contains("ALLOW_ORIGIN", StringComparison.Ordinal) || name.Contains("ALLOWED_HOST", StringComparison.Ordinal) || name.Contains("TRUSTED_ORIGIN", StringComparison.Ordinal) || name.Contains("STATEFUL_DOMAIN", StringComparison.Ordinal) || name is "ORIGIN" or "ORIGINS") return true;
        return IsFrontEnd(to) && !IsFrontEnd(from) && from.Candidate.Type != ServiceType.Nginx && Array.Exists(PageWords, word => name.Contains(word, StringComparison.Ordinal)) && from.Compose is null;
    }

    static readonly string[] PageWords = ["FRONTEND", "FRONT_END", "CLIENT", "WEB_URL", "APP_URL", "SITE_URL", "UI_URL", "WEBSITE", "REDIRECT", "PUBLIC_URL", "BASE_URL", "DASHBOARD_URL"];

    static bool IsProxy(Service service) =>
        service.Candidate.Type == ServiceType.Nginx || service.Candidate.UsesAny("Yarp.ReverseProxy", "Ocelot", "http-proxy", "http-proxy-middleware", "express-http-proxy", "@fastify/http-proxy", "@fastify/reply-from", "spring-cloud-starter-gateway", "spring-cloud-starter-gateway-mvc", "spring-cloud-gateway-server", "github.com/vulcand/oxy") ||
        service.Candidate.Folder.First("nginx.conf", "Caddyfile", "default.conf", "haproxy.cfg", "envoy.yaml") is not null || service.Candidate.Name is "gateway" or "proxy" || service.Candidate.Folder.Name is "gateway" or "proxy";

    static bool IsFrontEnd(Service service) => service.Candidate.OutputPath is not null || service.Candidate.Framework is "next" or "nuxt" or "remix" or "sveltekit" or "astro" or "react-router" or "tanstack-start" or "solid-start" or "qwik" or "cra" or "vite" or "angular" or "vue-cli";

    /// <summary>Start order needs a graph without cycles: of each cycle the weakest edge becomes optional and says so.</summary>
    static List<DetectedDependency> WithoutCycles(List<DetectedDependency> edges)
    {
        while (Cycle(edges) is { } cycle)
        {
            var weakest = cycle.OrderBy(edge => edge.Confidence).ThenBy(edge => edge.From, StringComparer.Ordinal).ThenBy(edge => edge.To, StringComparer.Ordinal).First();
            edges[edges.IndexOf(weakest)] = weakest with { Type = DependencyType.Optional, Evidence = [.. weakest.Evidence, new(weakest.Evidence[0].File, null, $"cycle {string.Join(" → ", cycle.Take(MaxShown).Select(edge => edge.From))} → {(cycle.Count > MaxShown ? "…" : cycle[0].From)}: its weakest edge does not gate the start", 0)] };
        }
        return edges;
    }

    /// <summary>A cycle of required edges, or null. Without recursion: a folder may hold a ring of any length.</summary>
    static List<DetectedDependency>? Cycle(List<DetectedDependency> edges)
    {
        var required = edges.Where(edge => edge.Type == DependencyType.Requires).GroupBy(edge => edge.From, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var start in edges.Select(edge => edge.From).Distinct(StringComparer.Ordinal))
        {
            var path = new List<(string Name, int Next)>();
            var at = new Dictionary<string, int>(StringComparer.Ordinal);
            Enter(start);
            while (path.Count > 0)
            {
                var (name, next) = path[^1];
                if (!required.TryGetValue(name, out var own) || next >= own.Count)
                {
                    at.Remove(name);
                    path.RemoveAt(path.Count - 1);
                    continue;
                }
                path[^1] = (name, next + 1);
                if (at.TryGetValue(own[next].To, out var first)) return [.. path[first..].Select(step => required[step.Name][step.Next - 1])];
                Enter(own[next].To);
            }

            void Enter(string name)
            {
                if (!done.Add(name)) return;
                at[name] = path.Count;
                path.Add((name, 0));
            }
        }
        return null;
    }

    Draft Between(Service from, Service to)
    {
        var key = $"{from.Name} {to.Name}";
        if (!_drafts.TryGetValue(key, out var draft)) _drafts[key] = draft = new(from, to);
        return draft;
    }

    static void Add(Draft draft, Evidence evidence)
    {
        // The same sign ten times over is one sign.
        if (draft.Evidence.Count < 12 && !draft.Evidence.Exists(one => one.Signal == evidence.Signal)) draft.Evidence.Add(evidence);
    }

    static void Prefer(Draft draft, string variable, string template, double weight)
    {
        if (weight <= draft.VariableWeight || !Variables.IsName(variable) || template.Length > MaxTemplate) return;
        (draft.Variable, draft.Template, draft.VariableWeight) = (variable, template, weight);
    }

    static bool NamesHost(string value, HashSet<string> hosts)
    {
        foreach (var host in hosts)
        {
            if (value.Equals(host, StringComparison.OrdinalIgnoreCase)) return true;
            for (var at = value.IndexOf(host, StringComparison.OrdinalIgnoreCase); at >= 0; at = value.IndexOf(host, at + 1, StringComparison.OrdinalIgnoreCase))
            {
                var before = at == 0 || value[at - 1] is '/' or '@' or ',' or '=' or ' ' or '(' && (at < 2 || value[at - 1] != '/' || value[at - 2] is '/' or ':');
                var end = at + host.Length;
                var port = end < value.Length && value[end] == ':' && end + 1 < value.Length && char.IsAsciiDigit(value[end + 1]);
                if (before && (port || end < value.Length && value[end] is '/' or ';' && at > 2 && value[at - 1] is '/' or '@' or '=' || end == value.Length && at > 2 && value[at - 1] is '/' or '@' or '=')) return true;
            }
        }
        return false;
    }

    static (string? Host, int? Port) HostOf(string variable, string? value)
    {
        if (string.IsNullOrEmpty(value)) return (null, null);
        if (CodePatterns.Address().Match(value) is { Success: true } address) return (address.Groups["host"].Value, int.TryParse(address.Groups["port"].Value, out var port) ? port : null);
        var parts = value.Split(':');
        if (parts.Length == 1 && !HostEndings.Any(ending => variable.EndsWith(ending, StringComparison.OrdinalIgnoreCase))) return (null, null);
        return parts.Length == 2 && int.TryParse(parts[1], out var bare) ? (parts[0], bare) : parts.Length == 1 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && !value.All(char.IsAsciiDigit) ? (value, null) : (null, null);
    }

    static string AppTemplate(string variable, string? value)
    {
        if (value?.IndexOf("://", StringComparison.Ordinal) is > 0 and var at)
        {
            var rest = value[(at + 3)..];
            var path = rest.IndexOf('/') is > 0 and var slash && rest[slash..].All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.') ? rest[slash..] : "";
            return $"{value[..at]}://{{host}}:{{port}}{path}";
        }
        if (variable.EndsWith("HOST", StringComparison.Ordinal) || variable.EndsWith("HOSTNAME", StringComparison.Ordinal)) return "{host}";
        if (variable.EndsWith("ADDR", StringComparison.Ordinal) || variable.EndsWith("ADDRESS", StringComparison.Ordinal) || value?.Contains(':', StringComparison.Ordinal) == true) return "{host}:{port}";
        return "http://{host}:{port}";
    }

    /// <summary>A value of a compose file with its host, port and credentials made placeholders.</summary>
    public static string Templated(string value, HashSet<string> hosts)
    {
        if (CodePatterns.Address().Match(value) is { Success: true } address && hosts.Contains(address.Groups["host"].Value))
        {
            var credentials = !address.Groups["credentials"].Success ? "" : address.Groups["credentials"].Value.StartsWith(':') ? ":{password}@" : "{user}:{password}@";
            var rest = value[(address.Index + address.Length)..];
            var database = (address.Groups["scheme"].Value == "ecto" || BackingCatalogue.OfScheme(address.Groups["scheme"].Value) is ServiceType.Postgres or ServiceType.Mysql or ServiceType.Mariadb or ServiceType.Mongodb) && rest.StartsWith('/') && rest.Length > 1 ? "/{database}" + (rest.IndexOf('?') is > 0 and var query ? rest[query..] : "") : rest;
            return $"{value[..address.Index]}{address.Groups["scheme"].Value}://{credentials}{{host}}:{{port}}{database}";
        }
        foreach (var host in hosts)
        {
            if (value.Equals(host, StringComparison.OrdinalIgnoreCase)) return "{host}";
            if (value.StartsWith(host + ":", StringComparison.OrdinalIgnoreCase) && value[(host.Length + 1)..].All(char.IsAsciiDigit)) return "{host}:{port}";
        }
        return hosts.Aggregate(value, (text, host) => text.Replace(host, "{host}", StringComparison.OrdinalIgnoreCase));
    }
}
