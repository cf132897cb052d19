namespace Kyozo.Engine.Topology;

/// <summary>Finds services by what variables and addresses call them. A folder of a thousand services is asked many thousand times: every way leads over a table.</summary>
sealed class ServiceNames
{
    static readonly HashSet<string> ApiWords = new(StringComparer.Ordinal) { "api", "backend", "server", "backendapi", "apiserver" };

    static readonly string[] Kinds = ["service", "api", "server", "backend", "svc"];

    static readonly List<Service> None = [];

    readonly Dictionary<string, List<Service>> _byKey = new(StringComparer.Ordinal);
    readonly Dictionary<string, HashSet<Service>> _matching = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<Service>> _madeWith = new(StringComparer.Ordinal);
    readonly List<(string Framework, Service Service)> _frameworks = [];
    readonly List<Service> _apis = [];
    readonly List<Service> _composed = [];

    public ServiceNames(IReadOnlyList<Service> services)
    {
        foreach (var service in services)
        {
            foreach (var key in service.Keys)
            {
                if (!_byKey.TryGetValue(key, out var having)) _byKey[key] = having = [];
                having.Add(service);
            }
            if (!service.IsBacking && service.Keys.Overlaps(ApiWords)) _apis.Add(service);
            if (service.Compose is not null) _composed.Add(service);
            if (service.Candidate.Framework is { Length: > 2 } framework) _frameworks.Add((Slug.Key(framework), service));
        }
    }

    /// <summary>The services that answer to a host: by its name in compose, else by one of their own.</summary>
    public List<Service> OfHost(string host, string hostKey)
    {
        List<Service>? found = null;
        foreach (var service in _composed)
        {
            if (service.Compose!.Hosts.Contains(host)) (found ??= []).Add(service);
        }
        if (host is "localhost") return found ?? None;
        foreach (var service in Having(hostKey))
        {
            if (service.Compose is null) (found ??= []).Add(service);
        }
        return found ?? None;
    }

    /// <summary>True when words of a variable's name mean this service and no other.</summary>
    public bool Mean(List<string> keys, Service to, Service from)
    {
        foreach (var key in keys)
        {
            if (Matching(key).Contains(to)) return to.Keys.Contains(key) || !Having(key).Exists(other => other != to && other != from);
            // Called after what the other is made with: STRAPI_URL, LARAVEL_API_URL.
            if (Matching(key).Count == 0 && MadeWith(key) is [var made] && made == to && made != from) return true;
            if (!ApiWords.Contains(key) || Having(key).Count > 0) continue;
            if (_apis.FindAll(other => other != from) is [var api] && api == to) return true;
        }
        return false;
    }

    /// <summary>False when such words mean nobody, whoever asks.</summary>
    public bool MayMean(List<string> keys) => keys.Exists(key => Matching(key).Count > 0 || MadeWith(key).Count > 0 || ApiWords.Contains(key) && _apis.Count > 0);

    /// <summary>Services whose framework, with or without a word behind it, is the key.</summary>
    List<Service> MadeWith(string key)
    {
        if (_madeWith.TryGetValue(key, out var known)) return known;
        var made = new List<Service>();
        foreach (var (framework, service) in _frameworks)
        {
            if (key.StartsWith(framework, StringComparison.Ordinal) && key[framework.Length..] is "" or "api" or "server" or "backend" or "service" or "cms" or "public" or "internal" or "admin") made.Add(service);
        }
        return _madeWith[key] = made;
    }

    List<Service> Having(string key) => _byKey.GetValueOrDefault(key, None);

    /// <summary>Services with the same name, or one of the two with a word for what it is at its end.</summary>
    HashSet<Service> Matching(string key)
    {
        if (_matching.TryGetValue(key, out var known)) return known;
        var matching = new HashSet<Service>(ReferenceEqualityComparer.Instance);
        if (key.Length > 1)
        {
            matching.UnionWith(Having(key));
            foreach (var kind in Kinds)
            {
                matching.UnionWith(Having(key + kind));
                if (key.Length > kind.Length + 3 && key.EndsWith(kind, StringComparison.Ordinal)) matching.UnionWith(Having(key[..^kind.Length]));
            }
        }
        return _matching[key] = matching;
    }
}
