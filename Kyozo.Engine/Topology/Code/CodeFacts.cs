namespace Kyozo.Engine.Topology.Code;

/// <summary>What the program text of one service says about its surroundings.</summary>
sealed class CodeFacts
{
    /// <summary>Variables that the program reads, and those that its configuration files name.</summary>
    public List<VariableUse> Variables { get; } = [];

    /// <summary>Addresses written anywhere in its text.</summary>
    public List<AddressUse> Addresses { get; } = [];

    /// <summary>Ports it opens or names, best reason first.</summary>
    public List<PortUse> Ports { get; } = [];

    /// <summary>Ports on which it is only reached while somebody works on it.</summary>
    public List<PortUse> DevelopmentPorts { get; } = [];

    /// <summary>Kinds of database that its configuration names in so many words.</summary>
    public List<DatabaseUse> Databases { get; } = [];

    /// <summary>Names that it registers itself under.</summary>
    public List<string> Names { get; } = [];

    /// <summary>The first line that opens a server.</summary>
    public Place? Server { get; set; }

    /// <summary>The first route that tells whether it is well.</summary>
    public (string Path, Place Place)? Health { get; set; }
}

/// <summary>Where something was seen.</summary>
sealed record Place(string File, int Line);

/// <summary>A variable that is read. <c>Value</c> is the default in the code or what an environment file gives.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Default or given value, or null.</param>
/// <param name="Place">Where.</param>
/// <param name="FromFile">True when an environment file names it, false when the program reads it.</param>
sealed record VariableUse(string Name, string? Value, Place Place, bool FromFile);

/// <summary>An address: <c>http://api:3000</c>, <c>server api:3000</c>.</summary>
/// <param name="Scheme">Its scheme.</param>
/// <param name="Host">Its host.</param>
/// <param name="Port">Its port, or null.</param>
/// <param name="Place">Where.</param>
/// <param name="OfCaller">True for one that may call the program: a permitted origin.</param>
/// <param name="OfProxy">True for one to which the configuration of a web server sends requests on.</param>
sealed record AddressUse(string Scheme, string Host, int? Port, Place Place, bool OfCaller = false, bool OfProxy = false);

/// <summary>A port with what it is worth: the lower the better.</summary>
sealed record PortUse(int Port, int Order, string Signal, Place Place);

/// <summary>A kind of database with the place that names it.</summary>
sealed record DatabaseUse(string Kind, Place Place);
