using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Java, Kotlin, Scala and Clojure programs built by Maven, Gradle, sbt, Leiningen or the Clojure tools.</summary>
sealed class JvmDetector : IServiceDetector
{
    static readonly (string Name, string Sign)[] Frameworks =
        [("spring-boot", "spring-boot"), ("quarkus", "quarkus"), ("micronaut", "micronaut"), ("play", "play-sbt"), ("play", "sbt-plugin\" % \"2"), ("play", "PlayScala"), ("ktor", "ktor"), ("vertx", "vertx"), ("dropwizard", "dropwizard"), ("sparkjava", "spark-core"), ("javalin", "javalin"), ("helidon", "helidon"), ("http4s", "http4s"), ("akka-http", "akka-http")];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        var manifest = folder.First("pom.xml", "build.gradle", "build.gradle.kts", "build.sbt", "project.clj", "deps.edn", "build.clj");
        if (manifest?.Text is not { } text)
        {
            // A wrapper beside nothing readable still says Gradle.
            if (folder.File("gradlew") is { } wrapper && folder.Depth == 0 && !folder.Below.Any(file => file.Name is "build.gradle" or "build.gradle.kts" or "pom.xml")) return [new Candidate(folder, ServiceType.Java, Rank.Jvm) { PackageManager = "gradle" }.Because(wrapper, null, "gradlew", Belief.Manifest)];
            return [];
        }
        var type = manifest.Name switch { "build.sbt" => ServiceType.Scala, "project.clj" or "deps.edn" or "build.clj" => ServiceType.Clojure, _ => Language(folder) };
        var service = new Candidate(folder, type, Rank.Jvm);
        service.Because(manifest, null, manifest.Name, Belief.Manifest);
        service.Version = folder.First(".java-version").FirstWord() ?? ToolVersions.Of(folder, "java") ?? SystemProperties(folder);
        Libraries(service, manifest, text);

        var framework = Array.Find(Frameworks, one => text.Contains(one.Sign, StringComparison.Ordinal) || manifest.Name == "build.sbt" && folder.File("project/plugins.sbt").Mentions(one.Sign));
        if (framework.Name is not null)
        {
            service.Framework = framework.Name;
            service.Because(manifest, manifest.LineOf(framework.Sign), $"framework {framework.Name}", Belief.Framework);
            (service.DefaultPort, service.Listens) = (framework.Name switch { "play" => 9000, "sparkjava" => 4567, "javalin" => 7070, _ => 8080 }, framework.Name is "vertx" ? null : true);
        }
        Commands(folder, manifest, service);
        service.IsLibrary = IsParent(folder, manifest) || folder.Depth > 0 && !Runs(folder, manifest, text);
        if (!service.IsLibrary && Runs(folder, manifest, text)) service.Because(manifest, null, "a program: main class or runnable archive", Belief.Framework);
        return [service];
    }

    static ServiceType Language(Folder folder)
    {
        bool java = false, kotlin = false, scala = false, clojure = false;
        foreach (var file in folder.Below.Take(2000))
        {
            java |= file.Extension == ".java";
            kotlin |= file.Extension == ".kt";
            scala |= file.Extension == ".scala";
            clojure |= file.Extension == ".clj";
        }
        return java ? ServiceType.Java : kotlin ? ServiceType.Kotlin : scala ? ServiceType.Scala : clojure ? ServiceType.Clojure : ServiceType.Java;
    }

    static void Libraries(Candidate service, SnapshotFile manifest, string text)
    {
        if (manifest.Name == "pom.xml" && service.Folder.Index.Xml(manifest) is { } pom)
        {
            foreach (var dependency in pom.Named("dependency"))
            {
                if (dependency.ValueOf("scope") is "test" || dependency.ValueOf("artifactId") is not { } artifact) continue;
                service.Libraries.Add(new("maven", artifact, manifest.Path, dependency.Line()));
            }
            service.Version ??= (pom.ValueOf("java.version") ?? pom.ValueOf("maven.compiler.release") ?? pom.ValueOf("maven.compiler.target")) is { } stated && !stated.StartsWith('$') ? stated : null;
            return;
        }
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            foreach (var coordinate in TextBetweenQuotes(line))
            {
                if (line.TrimStart().StartsWith("test", StringComparison.Ordinal)) continue;
                var parts = coordinate.Split(':');
                service.Libraries.Add(new("maven", parts.Length > 1 ? parts[1] : coordinate, manifest.Path, number));
            }
            if (manifest.Name is "project.clj" or "deps.edn" && line.Split((char[])[' ', '[', ']', '(', ')', '{', '}'], StringSplitOptions.RemoveEmptyEntries) is var words)
            {
                foreach (var word in words.Where(word => word.Contains('/', StringComparison.Ordinal) || word.Length > 3)) service.Libraries.Add(new("maven", Paths.Last(word), manifest.Path, number));
            }
        }
    }

    static IEnumerable<string> TextBetweenQuotes(string line)
    {
        var parts = line.Split('"', '\'');
        for (var i = 1; i < parts.Length; i += 2) yield return parts[i];
    }

    static void Commands(Folder folder, SnapshotFile manifest, Candidate service)
    {
        (service.PackageManager, service.BuildCommand, service.StartCommand) = manifest.Name switch
        {
            "pom.xml" => ("maven", folder.Has("mvnw") ? "./mvnw -DskipTests package" : "mvn -DskipTests package", service.Framework == "quarkus" ? "java -jar target/quarkus-app/quarkus-run.jar" : "java -jar target/*.jar"),
            "build.gradle" or "build.gradle.kts" => ("gradle", folder.Has("gradlew") ? "./gradlew build -x test" : "gradle build -x test", service.Framework == "quarkus" ? "java -jar build/quarkus-app/quarkus-run.jar" : "java -jar build/libs/*.jar"),
            "build.sbt" => ("sbt", "sbt stage", "target/universal/stage/bin/*"),
            "project.clj" => ("lein", "lein uberjar", "java -jar target/*standalone.jar"),
            _ => ("clojure", "clojure -T:build uber", "java -jar target/*.jar"),
        };
    }

    static bool IsParent(Folder folder, SnapshotFile manifest) =>
        manifest.Name == "pom.xml" && folder.Index.Xml(manifest) is { } pom && pom.Named("modules").Any() && !folder.Below.Any(file => file.Path.StartsWith(Paths.Join(folder.Path, "src/"), StringComparison.Ordinal)) ||
        manifest.Name.StartsWith("build.gradle", StringComparison.Ordinal) && folder.First("settings.gradle", "settings.gradle.kts").Mentions("include") && !folder.Below.Any(file => file.Path.StartsWith(Paths.Join(folder.Path, "src/"), StringComparison.Ordinal));

    static bool Runs(Folder folder, SnapshotFile manifest, string text) =>
        text.Contains("spring-boot-maven-plugin", StringComparison.Ordinal) || text.Contains("org.springframework.boot", StringComparison.Ordinal) && !manifest.Name.Equals("pom.xml", StringComparison.Ordinal) ||
        text.Contains("mainClass", StringComparison.Ordinal) || text.Contains("application", StringComparison.Ordinal) && manifest.Name.StartsWith("build.gradle", StringComparison.Ordinal) || text.Contains("<packaging>war", StringComparison.Ordinal) ||
        text.Contains("quarkus", StringComparison.Ordinal) || text.Contains(":main", StringComparison.Ordinal) || manifest.Name == "build.sbt" ||
        folder.Below.Any(file => file.Extension is ".java" or ".kt" && (file.Mentions("static void main(") || file.Mentions("fun main(") || file.Mentions("@SpringBootApplication")));

    static string? SystemProperties(Folder folder) =>
        folder.Text("system.properties")?.Split('\n').FirstOrDefault(line => line.StartsWith("java.runtime.version", StringComparison.Ordinal))?.Split('=') is [_, var version] ? version.Trim() : null;
}
