using System.Globalization;

namespace Kyozo.Testing;

/// <summary>Sets the clock that the trail's functions see in a test's database: their own code, another <c>clock_timestamp()</c> found first.</summary>
public static class DatabaseClock
{
    /// <summary>From now on it goes wrong by so much, until it is set again.</summary>
    public static Task ShiftAsync(TestDatabase database, TimeSpan by, CancellationToken cancellationToken) => database.ExecuteAsync(
        $"""
        CREATE SCHEMA IF NOT EXISTS clock;
        GRANT USAGE ON SCHEMA clock TO PUBLIC;
        CREATE OR REPLACE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
            $$ SELECT pg_catalog.clock_timestamp() + interval '{by.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} milliseconds' $$;
        ALTER FUNCTION append_event SET search_path = clock, pg_catalog, public, pg_temp;
        ALTER FUNCTION write_audit_event SET search_path = clock, pg_catalog, public, pg_temp;
        """,
        cancellationToken);
}
