using Kyozo.Web.Live;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Web.Tests.Components;

public sealed class DatabaseTroubleTests
{
    static readonly NpgsqlException Broken = new("Exception while reading from stream", new EndOfStreamException());

    [Fact]
    public void A_lost_connection_is_told_however_it_is_wrapped()
    {
        var saving = new DbUpdateException("saving", Broken);
        Exception[] all = [Broken, saving, new InvalidOperationException("transient", Broken), new InvalidOperationException("transient", saving)];

        Assert.All(all, one => Assert.Equal(DatabaseTrouble.Away, DatabaseTrouble.Of(one)));
    }

    [Fact]
    public void A_row_that_the_database_refuses_is_no_trouble_of_the_database() =>
        Assert.Null(DatabaseTrouble.Of(new DbUpdateException("saving", new PostgresException("duplicate key", "ERROR", "ERROR", PostgresErrorCodes.UniqueViolation))));
}
