using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace Kyozo.Data.Migrations;

/// <summary>Identity's tables beside users, and the set-up of the first person.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000017_CreateIdentity")]
sealed class CreateIdentity : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.EnsureSchema("identity");

        migrationBuilder.CreateTable(
            name: "user_claims",
            schema: "identity",
            columns: table => new
            {
                id = table.Column<int>(type: "integer", nullable: false)
                    .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                user_id = table.Column<Guid>(type: "uuid", nullable: false),
                claim_type = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                claim_value = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_user_claims", x => x.id);
                table.ForeignKey(
                    name: "fk_user_claims_users_user_id",
                    column: x => x.user_id,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateTable(
            name: "user_logins",
            schema: "identity",
            columns: table => new
            {
                login_provider = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                provider_key = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                provider_display_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                user_id = table.Column<Guid>(type: "uuid", nullable: false)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_user_logins", x => new { x.login_provider, x.provider_key });
                table.ForeignKey(
                    name: "fk_user_logins_users_user_id",
                    column: x => x.user_id,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateTable(
            name: "user_tokens",
            schema: "identity",
            columns: table => new
            {
                user_id = table.Column<Guid>(type: "uuid", nullable: false),
                login_provider = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                value = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_user_tokens", x => new { x.user_id, x.login_provider, x.name });
                table.ForeignKey(
                    name: "fk_user_tokens_users_user_id",
                    column: x => x.user_id,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateIndex(name: "ix_user_claims_user_id", schema: "identity", table: "user_claims", column: "user_id");
        migrationBuilder.CreateIndex(name: "ix_user_logins_user_id", schema: "identity", table: "user_logins", column: "user_id");

        migrationBuilder.Sql(
            $"""
            GRANT USAGE ON SCHEMA identity TO {DatabaseRoles.Portal};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA identity TO {DatabaseRoles.Portal};

            -- The first person becomes installation administrator and owner of the first team. Whoever comes second, even at the
            -- same moment, gets false and leaves nothing behind.
            CREATE FUNCTION complete_setup(p_user_id uuid, p_user_name text, p_normalized_user_name text, p_email text, p_normalized_email text,
                p_display_name text, p_password_hash text, p_security_stamp text, p_team_name text)
            RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock(hashtextextended('kyozo setup', 0));
                IF EXISTS (SELECT FROM users WHERE is_installation_admin) THEN RETURN false; END IF;

                INSERT INTO users (id, user_name, normalized_user_name, email, normalized_email, email_confirmed, display_name, password_hash,
                    security_stamp, concurrency_stamp, is_installation_admin, phone_number_confirmed, two_factor_enabled, lockout_enabled, access_failed_count)
                VALUES (p_user_id, p_user_name, p_normalized_user_name, p_email, p_normalized_email, true, p_display_name, p_password_hash,
                    p_security_stamp, gen_random_uuid()::text, true, false, false, true, 0);
                UPDATE teams SET name = coalesce(p_team_name, name) WHERE id = '{WellKnown.DefaultTeam}';
                INSERT INTO team_memberships (team_id, user_id, role) VALUES ('{WellKnown.DefaultTeam}', p_user_id, 'owner');
                PERFORM write_audit_event(gen_random_uuid(), '{WellKnown.DefaultTeam}', 'setup_completed', jsonb_build_object(), p_user_id, 'user', p_user_id);
                RETURN true;
            END $$;

            REVOKE ALL ON FUNCTION complete_setup FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION complete_setup TO {DatabaseRoles.Portal};
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("DROP FUNCTION complete_setup;");

        migrationBuilder.DropTable(name: "user_tokens", schema: "identity");
        migrationBuilder.DropTable(name: "user_logins", schema: "identity");
        migrationBuilder.DropTable(name: "user_claims", schema: "identity");

        migrationBuilder.DropSchema("identity");
    }
}
