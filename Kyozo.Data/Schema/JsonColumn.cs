using System.Text.Json;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Kyozo.Data.Schema;

/// <summary>Stores an immutable record or list as jsonb in the dialect of <see cref="KyozoJson"/>.</summary>
sealed class JsonColumnConverter<T>() : ValueConverter<T, string>(value => JsonColumn.Write(value), json => JsonColumn.Read<T>(json));

/// <summary>Tells by content whether a record was replaced by another one; records are never changed in place.</summary>
sealed class JsonColumnComparer<T>() : ValueComparer<T>(
    (left, right) => JsonColumn.Same(left, right),
    value => JsonColumn.Write(value).GetHashCode(StringComparison.Ordinal),
    value => value);

static class JsonColumn
{
    public static string Write<T>(T value) => KyozoJson.Column(value);

    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, KyozoJson.Compact)!;

    public static bool Same<T>(T? left, T? right) =>
        ReferenceEquals(left, right) || (left is not null && right is not null && Write(left) == Write(right));
}
