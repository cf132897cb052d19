using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Code;

namespace Kyozo.Engine.Topology.Backing;

/// <summary>A program needs a backing service.</summary>
sealed record BackingEdge(Service From, Service To, List<Evidence> Evidence);

/// <summary>Joins what programs need with what compose already brings; adds a service for each kind that is missing.</summary>
static class BackingServices
{
    /// <summary>Adds services to the list and returns who needs which, with the evidence.</summary>
    /// <param name="services">All services found so far.</param>
    /// <param name="stated">Compose builds the programs: what it does not bring is not added, only edges to what it brings.</param>
    public static List<BackingEdge> Add(List<Service> services, bool stated)
    {
        var needs = new List<BackingEdge>();
        var given = services.Where(service => service.IsBacking).ToList();
        var added = new List<Service>();
        var taken = services.Select(service => service.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var service in services.Where(service => !service.IsReady).ToList())
        {
            foreach (var (type, evidence) in BackingNeeds.Of(service.Candidate, service.Facts))
            {
                var matching = given.Where(one => one.Candidate.Type == type || Family(one.Candidate.Type) == Family(type)).ToList();
                if (matching.Count == 1) needs.Add(new(service, matching[0], evidence));
                if (matching.Count > 0 || stated && service.Candidate.IsStated) continue;
                var backing = added.Find(one => one.Candidate.Type == type);
                if (backing is null) added.Add(backing = Create(type, service, taken));
                // A driver may be there for another reason; who also reads the address means to connect.
                if (ConnectionVariables.For(type, service.Candidate, service.Facts) is { Read: true } choice)
                    backing.Candidate.Because(choice.Place?.File ?? evidence[0].File, choice.Place?.Line, choice.Place is null ? $"{service.Candidate.Framework} reads {choice.Name} by itself" : $"{service.Name} reads {choice.Name}", choice.Place is null ? Belief.Convention : Belief.ReadsVariable);
                foreach (var one in evidence.Where(one => backing.Candidate.Evidence.Count < 12)) backing.Candidate.Because(one.File, one.Line, one.Signal, one.Weight);
                needs.Add(new(service, backing, evidence));
            }
        }
        services.AddRange(added);
        return needs;
    }

    static Service Create(ServiceType type, Service first, HashSet<string> taken)
    {
        var candidate = new Candidate(first.Candidate.Folder, type, 0) { Port = BackingCatalogue.PortOf(type), Listens = true };
        var service = new Service(Slug.Unique(type.Word(), taken), candidate, new CodeFacts());
        service.Keys.Add(Slug.Key(service.Name));
        return service;
    }

    static ServiceType Family(ServiceType type) => type == ServiceType.Mariadb ? ServiceType.Mysql : type;
}
