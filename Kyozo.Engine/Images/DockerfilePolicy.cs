using System.Text.RegularExpressions;
using Kyozo.Engine.Containers.Docker;

namespace Kyozo.Engine.Images;

/// <summary>Something in a Dockerfile.</summary>
/// <param name="Line">1-based.</param>
/// <param name="Message">What, and what to do.</param>
public sealed record DockerfileFinding(int Line, string Message);

/// <summary>What the rules say of a Dockerfile: with violations it is not built, warnings are told.</summary>
public sealed record DockerfileVerdict(IReadOnlyList<DockerfileFinding> Violations, IReadOnlyList<DockerfileFinding> Warnings)
{
    /// <summary>True when a step downloads or may download: it runs commands.</summary>
    public required bool RunsCommands { get; init; }
}

/// <summary>A Dockerfile breaks the rules; the message lists each with its line.</summary>
public sealed class DockerfilePolicyException(string file, IReadOnlyList<DockerfileFinding> violations)
    : Exception($"{file} is not built:\n" + string.Join('\n', violations.Select(violation => $"  line {violation.Line}: {violation.Message}")))
{
    public IReadOnlyList<DockerfileFinding> Violations { get; } = violations;
}

/// <summary>
/// Judges a Dockerfile before the engine sees it (SAFETY §5, A-15, A-16). The engine keeps the images of all teams in one store and fetches remote ADDs
/// from the host's own network: both are walls that must stand here. Pure.
/// </summary>
/// <param name="ownNamespace">Prefix of the workspace's own images: <c>kyozo/shop-</c>.</param>
/// <param name="allowed">Further allowed prefixes; <c>*</c> allows all but other workspaces' images.</param>
public sealed partial class DockerfilePolicy(string ownNamespace, IEnumerable<string> allowed)
{
    const string KyozoImages = "kyozo/";
    const string BasesMadeHere = "kyozo/base-";

    /// <summary>Publishers of bases that everybody may pull.</summary>
    static readonly string[] KnownPublishers =
        ["mcr.microsoft.com/", "gcr.io/distroless/", "public.ecr.aws/docker/library/", "registry.access.redhat.com/", "docker.io/library/", "cgr.dev/chainguard/"];

    /// <summary>Docker's official images, by far the most used of them: a bare name outside this list is somebody's local image.</summary>
    static readonly HashSet<string> Official = [.. """
        adminer almalinux alpine alt amazoncorretto amazonlinux arangodb archlinux bash buildpack-deps busybox caddy cassandra clojure composer consul couchbase couchdb
        crate crystal dart debian docker drupal eclipse-mosquitto eclipse-temurin elasticsearch elixir erlang fedora fluentd friendica gazebo gcc ghost golang gradle groovy
        haproxy haskell haxe hello-world httpd ibmjava influxdb irssi jetty joomla jruby julia kibana kong logstash mageia mariadb maven mediawiki memcached mongo mongo-express
        monica mysql neo4j neurodebian nextcloud nginx node odoo openjdk opensuse oraclelinux orientdb percona perl photon php plone postfixadmin postgres pypy python r-base
        rabbitmq rakudo-star redis redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine scratch silverpeas solr sonarqube spark spiped storm swift
        swipl telegraf tomcat tomee traefik ubuntu unit varnish vault wordpress xwiki yourls znc zookeeper
        """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)];

    static readonly HashSet<string> Instructions =
        ["FROM", "RUN", "CMD", "LABEL", "MAINTAINER", "EXPOSE", "ENV", "ADD", "COPY", "ENTRYPOINT", "VOLUME", "USER", "WORKDIR", "ARG", "ONBUILD", "STOPSIGNAL", "HEALTHCHECK", "SHELL"];

    static readonly string[] BuildKitFlags = ["--mount", "--network", "--security", "--link", "--chmod", "--parents", "--exclude", "--checksum", "--keep-git-dir", "--unpack"];

    readonly string[] _prefixes = [.. KnownPublishers, .. allowed];

    public DockerfileVerdict Judge(string dockerfile)
    {
        var reading = new Reading(this);
        foreach (var instruction in DockerfileReader.Read(dockerfile)) reading.Take(instruction);
        return reading.End();
    }

    /// <summary>Null when a service may run that ready image, else why not: any that can be pulled, but no other workspace's.</summary>
    public string? ReasonNotToRun(string image)
    {
        if (!ImageReference.TryParse(image, out var reference)) return $"'{image}' is not an image reference.";
        var isOthers = reference.Repository.StartsWith(KyozoImages, StringComparison.Ordinal)
            && !reference.Repository.StartsWith(ownNamespace, StringComparison.Ordinal) && !reference.Repository.StartsWith(BasesMadeHere, StringComparison.Ordinal);
        return isOthers ? $"{image} belongs to another workspace." : null;
    }

    /// <summary>Null when images may be built from it, else why not.</summary>
    string? ReasonNotToUse(string image)
    {
        if (!ImageReference.TryParse(image, out var reference)) return $"'{image}' is not an image reference.";
        var repository = reference.Repository;
        if (repository.StartsWith(ownNamespace, StringComparison.Ordinal) || repository.StartsWith(BasesMadeHere, StringComparison.Ordinal)) return null;
        if (repository.StartsWith(KyozoImages, StringComparison.Ordinal)) return $"{image} belongs to another workspace.";
        if (Official.Contains(repository) || BaseImages.All.Values.Any(known => ImageReference.Parse(known.Registry).Repository == repository)) return null;
        if (_prefixes.Any(prefix => prefix == "*" || repository.StartsWith(prefix, StringComparison.Ordinal))) return null;
        return $"{image} is not among the allowed base images. An administrator allows it with Kyozo:Images:AllowedBases.";
    }

    /// <summary>State while going through the file: stages and variables.</summary>
    sealed partial class Reading(DockerfilePolicy policy)
    {
        readonly List<DockerfileFinding> _violations = [];
        readonly List<DockerfileFinding> _warnings = [];
        readonly Dictionary<string, string> _variables = [];
        readonly HashSet<string> _stages = new(StringComparer.OrdinalIgnoreCase);
        int _stageCount;
        bool _runs;
        (int Line, string Name)? _user;

        public DockerfileVerdict End()
        {
            if (_stageCount == 0) _violations.Add(new(1, "There is no FROM."));
            if (_user is null or (_, "root" or "0"))
                _warnings.Add(new(_user?.Line ?? 1, "The service runs as root inside its container (without capabilities). A USER line with a numeric id is better."));
            return new(_violations, _warnings) { RunsCommands = _runs };
        }

        public void Take(DockerfileInstruction instruction)
        {
            var (line, name, flags, arguments) = instruction;
            if (!Instructions.Contains(name))
            {
                _violations.Add(new(line, $"'{name}' is no instruction."));
                return;
            }

            if (flags.FirstOrDefault(flag => BuildKitFlags.Any(known => flag == known || flag.StartsWith(known + "=", StringComparison.OrdinalIgnoreCase))) is { } newer)
                _violations.Add(new(line, $"{name} {newer.Split('=')[0]} needs BuildKit; Kyozo builds with the classic builder. Write it without that flag."));
            if (name is "RUN" or "COPY" or "ADD" && HereDocument().IsMatch(arguments))
                _violations.Add(new(line, $"{name} with a here-document needs BuildKit; Kyozo builds with the classic builder. Use && and \\ instead."));

            switch (name)
            {
                case "FROM": From(instruction); break;
                case "ARG": Define(arguments); break;
                case "ENV": Define(arguments); WarnOfSecrets(line, arguments); break;
                case "RUN": _runs = true; break;
                case "COPY" or "ADD": Copy(instruction); break;
                case "USER": _user = (line, Expand(arguments).Split(':')[0]); break;
                case "LABEL" when ReservedLabel().IsMatch(arguments): _warnings.Add(new(line, "Labels that begin with kyozo. are Kyozo's own; these are emptied.")); break;
                case "ONBUILD": Take(DockerfileReader.Read(arguments) is [var inner] ? inner with { Line = line } : new(line, "", [], "")); break;
            }
        }

        void From(DockerfileInstruction from)
        {
            if (from.Flag("platform") is { } platform && platform.Contains('$'))
                _violations.Add(new(from.Line, $"FROM --platform={platform} needs BuildKit; Kyozo builds with the classic builder. Leave the flag out."));
            var words = from.Arguments.Split(' ', '\t').Where(word => word.Length > 0).ToArray();
            var image = words.Length > 0 ? Expand(words[0]) : "";
            if (!_stages.Contains(image)) JudgeImage(from.Line, image);
            if (words is [_, var @as, var stage] && @as.Equals("AS", StringComparison.OrdinalIgnoreCase)) _stages.Add(stage);
            _stageCount++;
            _user = null;
        }

        void Copy(DockerfileInstruction copy)
        {
            if (copy.Flag("from") is { } from)
            {
                var image = Expand(from);
                var isStage = _stages.Contains(image) || (int.TryParse(image, out var index) && index < _stageCount - 1);
                if (!isStage) JudgeImage(copy.Line, image);
            }

            if (copy.Name != "ADD") return;
            var arguments = Expand(copy.Arguments);
            if (Remote().IsMatch(arguments))
                _violations.Add(new(copy.Line, "ADD from an address is refused: the engine would fetch it from the host's own network. Download it in a RUN step instead."));
            else if (arguments.Contains('$'))
                _violations.Add(new(copy.Line, "ADD with a variable that has no value here cannot be judged. Use COPY, or write the name."));
        }

        void JudgeImage(int line, string image)
        {
            if (image.Equals("scratch", StringComparison.Ordinal)) return;
            if (image.Contains('$')) _violations.Add(new(line, $"{image} has a variable without a value: give its ARG a default."));
            else if (policy.ReasonNotToUse(image) is { } reason) _violations.Add(new(line, reason));
        }

        void Define(string arguments)
        {
            foreach (Match definition in Definition().Matches(arguments)) _variables[definition.Groups["name"].Value] = Expand(definition.Groups["value"].Value.Trim('"', '\''));
            // The old form: ENV NAME the whole rest
            if (!arguments.Contains('=') && arguments.IndexOf(' ') is > 0 and var space) _variables[arguments[..space]] = Expand(arguments[space..].Trim());
        }

        void WarnOfSecrets(int line, string arguments)
        {
            foreach (Match definition in Definition().Matches(arguments))
            {
                if (SecretName().IsMatch(definition.Groups["name"].Value) && definition.Groups["value"].Value.Trim('"', '\'').Length > 0)
                    _warnings.Add(new(line, $"ENV {definition.Groups["name"].Value} looks like a secret: everybody with the image can read it. Make it a secret of the service."));
            }
        }

        /// <summary>$NAME, ${NAME} and ${NAME:-default}; what has no value stays as it is.</summary>
        string Expand(string text) => Variable().Replace(text, match =>
            _variables.TryGetValue(match.Groups["name"].Value, out var value) && value.Length > 0 ? value
            : match.Groups["default"].Success ? match.Groups["default"].Value
            : match.Value);

        [GeneratedRegex(@"\$(?:\{(?<name>\w+)(?::-(?<default>[^}]*))?\}|(?<name>\w+))")]
        private static partial Regex Variable();

        [GeneratedRegex(@"(?<name>[A-Za-z_][\w.-]*)=(?<value>""(?:\\.|[^""])*""|'[^']*'|(?:\\.|\S)*)")]
        private static partial Regex Definition();

        [GeneratedRegex(@"(?i)(?:^|[\s""'\[,])(?:[a-z][a-z0-9+.-]*:/|git@|[\w.-]+@[\w.-]+:|github\.com/)")]
        private static partial Regex Remote();

        [GeneratedRegex(@"<<-?\s*[""']?[A-Za-z_]\w*")]
        private static partial Regex HereDocument();

        [GeneratedRegex(@"(?:^|\s)""?(?:kyozo\.|com\.docker\.)")]
        private static partial Regex ReservedLabel();

        [GeneratedRegex(@"(?i)(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIAL)")]
        private static partial Regex SecretName();
    }
}
