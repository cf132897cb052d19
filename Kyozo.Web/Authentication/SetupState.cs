using System.Security.Cryptography;
using System.Text;
using Kyozo.Data;
using Kyozo.Data.Tenancy;
using Microsoft.AspNetCore.Identity;

namespace Kyozo.Web.Authentication;

/// <summary>What the first person says of himself.</summary>
public sealed record NewOwner(string Team, string Name, string Email, string Password);

/// <summary>How a set-up ended.</summary>
public abstract record SetupOutcome
{
    public sealed record Done : SetupOutcome;

    /// <summary>Somebody else was first.</summary>
    public sealed record TooLate : SetupOutcome;

    /// <summary>Nothing happened; each sentence says what to change.</summary>
    public sealed record Refused(IReadOnlyList<string> Problems) : SetupOutcome;
}

/// <summary>The first run: whoever shows the token that the console printed becomes the first administrator; after that it is closed for ever (SAFETY A-61).</summary>
public sealed class SetupState(FirstRun firstRun, KyozoHome home, UserManager<User> users, SignInManager<User> signIn, TimeProvider clock, ILogger<SetupState> logger)
{
    const string WrongToken = "The one-time token is not the one on the console. ./kyozo setup-link prints it again.";

    public Task<bool> IsOpenAsync(CancellationToken cancellationToken) => firstRun.IsOpenAsync(cancellationToken);

    public async Task<SetupOutcome> CompleteAsync(string token, NewOwner owner, CancellationToken cancellationToken)
    {
        if (!await IsOpenAsync(cancellationToken)) return new SetupOutcome.TooLate();
        if (!await IsTokenAsync(token, cancellationToken)) return new SetupOutcome.Refused([WrongToken]);

        var user = new User { Id = Guid.CreateVersion7(clock.GetUtcNow()), UserName = owner.Email, Email = owner.Email, DisplayName = owner.Name };
        var problems = await ProblemsAsync(owner, user);
        if (problems.Count > 0) return new SetupOutcome.Refused(problems);

        var person = new FirstPerson(
            user.Id, owner.Email, users.NormalizeName(owner.Email), owner.Email, users.NormalizeEmail(owner.Email), owner.Name,
            users.PasswordHasher.HashPassword(user, owner.Password), Convert.ToHexString(RandomNumberGenerator.GetBytes(20)));
        if (!await firstRun.CompleteAsync(person, owner.Team, cancellationToken)) return new SetupOutcome.TooLate();

        Forget();
        await signIn.SignInAsync((await users.FindByIdAsync(user.Id.ToString()))!, isPersistent: true);
        return new SetupOutcome.Done();
    }

    async Task<bool> IsTokenAsync(string given, CancellationToken cancellationToken)
    {
        try
        {
            var expected = (await File.ReadAllTextAsync(home.SetupTokenFile, cancellationToken)).Trim();
            // Hashes are compared: equal lengths whatever was typed, and no early end.
            return expected.Length >= 16 && CryptographicOperations.FixedTimeEquals(Hash(expected), Hash(given));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            logger.LogWarning("Set-up was tried, but there is no token at {File}", home.SetupTokenFile);
            return false;
        }
    }

    async Task<List<string>> ProblemsAsync(NewOwner owner, User user)
    {
        var problems = new List<string>();
        if (owner.Team.Length is 0 or > 100) problems.Add("The team needs a name of 1 to 100 characters.");
        if (owner.Name.Length is 0 or > 100) problems.Add("Your name needs 1 to 100 characters.");
        if (owner.Password.Length > 128) problems.Add("The password may have at most 128 characters.");
        foreach (var validator in users.UserValidators) problems.AddRange((await validator.ValidateAsync(users, user)).Errors.Select(error => error.Description));
        foreach (var validator in users.PasswordValidators) problems.AddRange((await validator.ValidateAsync(users, user, owner.Password)).Errors.Select(error => error.Description));
        return problems;
    }

    /// <summary>The token is worthless now; a left-over file would only confuse.</summary>
    void Forget()
    {
        try
        {
            File.Delete(home.SetupTokenFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LogWarning(e, "The used set-up token could not be deleted");
        }
    }

    static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
