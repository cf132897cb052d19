using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Manifest;

/// <summary>One key of <c>kyozo.yaml</c>: the reader, the schema and the documentation are made from these.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Description">What it is for, in one sentence.</param>
/// <param name="Shape">What its value may be.</param>
/// <param name="Read">Puts the value into the model, or tells the reader what is wrong with it.</param>
sealed record ManifestKey<T>(string Name, string Description, ManifestShape Shape, Action<T, YamlNode, ManifestReader> Read);
