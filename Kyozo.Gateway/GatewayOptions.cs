using System.ComponentModel.DataAnnotations;
using Kyozo.Data.Tenancy;
using Microsoft.Extensions.Options;

namespace Kyozo.Gateway;

/// <summary>Settings of the gateway (<c>Kyozo:Gateway</c>).</summary>
sealed class GatewayOptions
{
    public const string Section = "Kyozo:Gateway";

    /// <summary>Where health is asked when neither <c>urls</c> nor a launch profile says otherwise.</summary>
    public const string DefaultHealthAddress = "http://127.0.0.1:5092";

    /// <summary>Address on which the services' ports are opened.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The engine whose services are served: containers are reached over this machine's loopback.</summary>
    public Guid EngineId { get; set; } = WellKnown.LocalEngine;

    /// <summary>Longest time between two looks at the database; its notifications shorten it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often counts are written.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan CountInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a replica that did not answer is left alone while others can take its requests.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan ReplicaRest { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a request may stay without a byte in either direction (long polling, server-sent events, WebSockets).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Idle { get; set; } = TimeSpan.FromMinutes(10);
}

[OptionsValidator]
sealed partial class GatewayOptionsValidator : IValidateOptions<GatewayOptions>;
