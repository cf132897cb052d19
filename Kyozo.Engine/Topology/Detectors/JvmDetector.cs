using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Java, Kotlin, Scala and Clojure programs built by Maven, Gradle, sbt, Leiningen or the Clojure tools.</summary>
sealed class JvmDetector : IServiceDetector
{
    static readonly (string Name, string Sign)[] Frameworks =
        [("spring-boot", "spring-boot"), ("spring-boot", "org.springframework.boot"), ("spring-boot", "org.springframework.cloud"), ("quarkus", "quarkus"), ("micronaut", "micronaut"), ("play", "play-sbt"), ("play", "sbt-plugin\" % \"2"), ("play", "PlayScala"), ("ktor", "ktor"), ("vertx", "vertx"), ("dropwizard", "dropwizard"), ("sparkjava", "spark-core"), ("javalin", "javalin"), ("helidon", "helidon"), ("http4s", "http4s"), ("akka-http", "akka-http"), ("grails", "org.grails"), ("pekko-http", "pekko-http"), ("zio-http", "zio-http"), ("tapir", "tapir"), ("open-liberty", "liberty"), ("wildfly", "wildfly"), ("payara", "payara"), ("tomee", "tomee"), ("ratpack", "io.ratpack"), ("armeria", "armeria"), ("ring", "ring/ring"), ("pedestal", "io.pedestal"), ("azure-functions", "azure-functions"), ("google-functions", "functions-framework")];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        var manifest = folder.First("pom.xml", "build.gradle", "build.gradle.kts", "build.sbt", "project.clj", "deps.edn", "build.clj", "build.sc", "build.mill", "build.mill.scala", "project.scala", "build.xml");
        if (manifest?.Text is not { } text) return WithoutManifest(folder);
        var type = manifest.Name switch { "build.sbt" or "build.sc" or "build.mill" or "build.mill.scala" or "project.scala" => ServiceType.Scala, "project.clj" or "deps.edn" or "build.clj" => ServiceType.Clojure, _ => Language(folder) };
        var service = new Candidate(folder, type, Rank.Jvm);
        service.Because(manifest, null, manifest.Name, Belief.Manifest);
        var projects = manifest.Name == "build.sbt" ? SbtProjects.Of(folder, manifest) : [];
        // Names of a catalogue say nothing themselves; what they stand for is read as if it stood here.
        if (manifest.Name.StartsWith("build.gradle", StringComparison.Ordinal))
        {
            text += "\n" + GradleCatalogue.ForSubprojects(folder);
            var resolved = GradleCatalogue.Resolve(folder, text).ToList();
            service.Libraries.AddRange(resolved.Where(one => !one.IsPlugin).Select(one => new Library("maven", one.Name, manifest.Path, one.Line)));
            text += "\n" + string.Join('\n', resolved.Select(one => one.IsPlugin ? $"\"{one.Name}\"" : one.Name));
        }
        service.Version = folder.First(".java-version").FirstWord() ?? ToolVersions.Of(folder, "java") ?? Sdkman(folder) ?? SystemProperties(folder) ?? Toolchain(manifest);
        Libraries(service, manifest, text);

        var framework = Array.Find(Frameworks, one => text.Contains(one.Sign, StringComparison.Ordinal) || manifest.Name == "build.sbt" && folder.File("project/plugins.sbt").Mentions(one.Sign));
        // A module takes its framework from the build above it when its text starts it.
        if (framework.Name is null && folder.Below.Any(file => file.Extension is ".java" or ".kt" && file.Mentions("@SpringBootApplication"))) framework = ("spring-boot", "@SpringBootApplication");
        if (framework.Name is not null)
        {
            service.Framework = framework.Name;
            service.Because(manifest, manifest.LineOf(framework.Sign), $"framework {framework.Name}", Belief.Framework);
            (service.DefaultPort, service.Listens) = (framework.Name switch { "play" => 9000, "sparkjava" => 4567, "javalin" => 7070, "open-liberty" => 9080, "ring" => 3000, "ratpack" => 5050, _ => 8080 }, framework.Name is "vertx" ? null : true);
        }
        Commands(folder, manifest, service);
        if (projects.Count > 0)
        {
            service.IsLibrary = !folder.Has("src/main") && !folder.Below.Any(file => Paths.IsIn(file.Path, Paths.Join(folder.Path, "src")) || Paths.IsIn(file.Path, Paths.Join(folder.Path, "app")));
            return [.. projects.Where(project => !folder.Index.In(project.Path).Any(file => file.Name is "build.sbt" or "pom.xml")).Select(project => OfSbt(folder, manifest, project, projects)), service];
        }
        service.IsLibrary = IsParent(folder, manifest) || folder.Depth > 0 && !Runs(folder, manifest, text);
        if (!service.IsLibrary && Runs(folder, manifest, text)) service.Because(manifest, null, "a program: main class or runnable archive", Belief.Framework);
        return [service];
    }

    /// <summary>A project of an sbt build of several: a program when a plugin packs it or its text starts it.</summary>
    static Candidate OfSbt(Folder root, SnapshotFile manifest, SbtProject project, List<SbtProject> all)
    {
        var folder = new Folder(root.Index, project.Path);
        var service = new Candidate(folder, Language(folder) is ServiceType.Java && !folder.Below.Any(file => file.Extension == ".java") ? ServiceType.Scala : Language(folder), Rank.Jvm) { PackageManager = "sbt", BuildCommand = "sbt stage", StartCommand = $"{project.Path}/target/universal/stage/bin/*" };
        service.Because(manifest, project.Line, "project of an sbt build", Belief.Manifest);
        Libraries(service, manifest, project.Text);
        Follow(project, []);
        var framework = Array.Find(Frameworks, one => project.Text.Contains(one.Sign, StringComparison.Ordinal));
        if (framework.Name is not null)
        {
            (service.Framework, service.DefaultPort, service.Listens) = (framework.Name, framework.Name is "play" ? 9000 : 8080, framework.Name is "vertx" ? null : true);
            service.Because(manifest, project.Line, $"framework {framework.Name}", Belief.Framework);
        }
        var packed = SbtPackagers.Any(plugin => project.Text.Contains(plugin, StringComparison.Ordinal));
        var main = folder.Below.FirstOrDefault(file => file.Extension is ".scala" or ".java" && !file.Path.Contains("/test/", StringComparison.Ordinal) && ScalaMains.Any(sign => file.Mentions(sign)));
        service.IsLibrary = !packed && main is null;
        if (!service.IsLibrary) service.Because(main ?? manifest, main is null ? project.Line : null, "a program: main class or runnable archive", Belief.Framework);
        return service;

        void Follow(SbtProject from, HashSet<string> seen)
        {
            foreach (var path in from.DependsOn.Where(seen.Add))
            {
                if (all.Find(one => one.Path == path) is not { } below) continue;
                service.References.Add(path);
                Libraries(service, manifest, below.Text);
                Follow(below, seen);
            }
        }
    }

    static readonly string[] SbtPackagers = ["PlayScala", "PlayJava", "PlayService", "JavaAppPackaging", "JavaServerAppPackaging", "DockerPlugin", "mainClass"];

    static readonly string[] ScalaMains = ["extends App", "def main(", "IOApp", "ZIOAppDefault", "extends ZIOApp", "@main", "static void main("];

    /// <summary>What can be run without a manifest that is understood: Maven in another notation, a wrapper, a packed program.</summary>
    static IEnumerable<Candidate> WithoutManifest(Folder folder)
    {
        // Resources and web folders of a build are parts of it.
        for (var at = folder.Path; at != ".";)
        {
            at = Paths.Parent(at);
            if (folder.Index.In(at).Any(file => file.Name is "pom.xml" or "build.gradle" or "build.gradle.kts" or "settings.gradle" or "settings.gradle.kts" or "build.sbt" or "project.clj" or "build.xml")) return [];
        }
        if (folder.First("pom.yaml", "pom.yml", "pom.scala", "pom.groovy", "pom.rb", "pom.clj", "pom.atom", ".mvn/extensions.xml", "META-INF/MANIFEST.MF", "WEB-INF/web.xml") is { } other)
            return [new Candidate(folder, Language(folder), Rank.Jvm) { PackageManager = "maven", BuildCommand = "mvn -DskipTests package", StartCommand = "java -jar target/*.jar" }.Because(other, null, other.Name, Belief.EntryFile)];
        // A wrapper beside nothing readable still says Gradle.
        if (folder.First("gradlew", "settings.gradle", "settings.gradle.kts") is { } wrapper && folder.Depth == 0 && !folder.Below.Any(file => file.Name is "build.gradle" or "build.gradle.kts" or "pom.xml"))
            return [new Candidate(folder, Language(folder), Rank.Jvm) { PackageManager = "gradle", BuildCommand = "./gradlew build -x test", StartCommand = "java -jar build/libs/*.jar" }.Because(wrapper, null, wrapper.Name, Belief.Manifest)];
        var packed = folder.With(".jar", ".war").Where(file => !file.Name.EndsWith("-wrapper.jar", StringComparison.Ordinal)).Take(2).ToList();
        if (packed is [var archive] && !folder.Path.Split('/').Any(part => part is "lib" or "libs" or "plugins" or "wrapper"))
            return [new Candidate(folder, ServiceType.Java, Rank.ScriptWithoutManifest) { StartCommand = $"java -jar {archive.Name}" }.Because(archive, null, $"packed program {archive.Name}", Belief.EntryFile)];
        return [];
    }

    /// <summary>The language that most of the program is written in; one file of Java beside much Kotlin does not make it Java.</summary>
    static ServiceType Language(Folder folder)
    {
        int java = 0, kotlin = 0, scala = 0, clojure = 0;
        foreach (var file in folder.Below.Where(file => !file.Path.Contains("/test/", StringComparison.Ordinal)).Take(2000))
        {
            java += file.Extension == ".java" ? 1 : 0;
            kotlin += file.Extension == ".kt" ? 1 : 0;
            scala += file.Extension == ".scala" ? 1 : 0;
            clojure += file.Extension is ".clj" or ".cljc" ? 1 : 0;
        }
        var most = Math.Max(Math.Max(java, kotlin), Math.Max(scala, clojure));
        return most == 0 || most == java ? ServiceType.Java : most == kotlin ? ServiceType.Kotlin : most == scala ? ServiceType.Scala : ServiceType.Clojure;
    }

    static void Libraries(Candidate service, SnapshotFile manifest, string text)
    {
        if (manifest.Name == "pom.xml" && service.Folder.Index.Xml(manifest) is { } pom)
        {
            MavenLibraries(service, manifest, pom, 0);
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

    const int MaxParents = 8;

    /// <summary>Dependencies of a build and of the builds of the same folder that it inherits from; what is only managed there is no dependency.</summary>
    static void MavenLibraries(Candidate service, SnapshotFile manifest, System.Xml.Linq.XDocument pom, int depth)
    {
        foreach (var dependency in pom.Named("dependency"))
        {
            if (dependency.ValueOf("scope") is "test" || dependency.ValueOf("artifactId") is not { } artifact || dependency.Ancestors().Any(above => above.Name.LocalName is "dependencyManagement" or "plugin")) continue;
            service.Libraries.Add(new("maven", artifact, manifest.Path, dependency.Line()));
        }
        if (depth >= MaxParents || pom.Root?.Elements().FirstOrDefault(element => element.Name.LocalName == "parent") is not { } parent) return;
        var relative = parent.Elements().FirstOrDefault(element => element.Name.LocalName == "relativePath")?.Value.Trim() ?? "../pom.xml";
        if (relative.Length == 0 || Paths.Resolve(manifest.Folder, relative) is not { } path) return;
        var above = service.Folder.Index.File(path) ?? service.Folder.Index.File(Paths.Join(path, "pom.xml"));
        if (above is null || above == manifest || service.Folder.Index.Xml(above) is not { } inherited || inherited.Root?.Elements().FirstOrDefault(element => element.Name.LocalName == "artifactId")?.Value != parent.ValueOf("artifactId")) return;
        MavenLibraries(service, above, inherited, depth + 1);
    }

    static IEnumerable<string> TextBetweenQuotes(string line)
    {
        var parts = line.Split('"', '\'');
        for (var i = 1; i < parts.Length; i += 2) yield return parts[i];
    }

    static void Commands(Folder folder, SnapshotFile manifest, Candidate service)
    {
        (service.PackageManager, service.BuildCommand, service.StartCommand) = ((string?, string?, string?))(manifest.Name switch
        {
            "pom.xml" => ("maven", folder.Has("mvnw") ? "./mvnw -DskipTests package" : "mvn -DskipTests package", service.Framework == "quarkus" ? "java -jar target/quarkus-app/quarkus-run.jar" : "java -jar target/*.jar"),
            "build.gradle" or "build.gradle.kts" => ("gradle", folder.Has("gradlew") ? "./gradlew build -x test" : "gradle build -x test", service.Framework == "quarkus" ? "java -jar build/quarkus-app/quarkus-run.jar" : "java -jar build/libs/*.jar"),
            "build.sbt" => ("sbt", "sbt stage", "target/universal/stage/bin/*"),
            "build.sc" or "build.mill" or "build.mill.scala" => ("mill", "mill __.assembly", "java -jar out/*/assembly.dest/out.jar"),
            "project.scala" => ("scala-cli", null, "scala-cli run ."),
            "build.xml" => ("ant", "ant", "java -jar dist/*.jar"),
            "project.clj" => ("lein", "lein uberjar", "java -jar target/*standalone.jar"),
            _ => ("clojure", "clojure -T:build uber", "java -jar target/*.jar"),
        });
    }

    static bool IsParent(Folder folder, SnapshotFile manifest) =>
        manifest.Name == "pom.xml" && folder.Index.Xml(manifest) is { } pom && pom.Named("modules").Any() && !folder.Below.Any(file => file.Path.StartsWith(Paths.Join(folder.Path, "src/"), StringComparison.Ordinal)) ||
        manifest.Name.StartsWith("build.gradle", StringComparison.Ordinal) && folder.First("settings.gradle", "settings.gradle.kts").Mentions("include") && !folder.Below.Any(file => file.Path.StartsWith(Paths.Join(folder.Path, "src/"), StringComparison.Ordinal));

    static bool Runs(Folder folder, SnapshotFile manifest, string text) =>
        text.Contains("spring-boot-maven-plugin", StringComparison.Ordinal) || CodePatterns.SpringBootPlugin().IsMatch(text) && !manifest.Name.Equals("pom.xml", StringComparison.Ordinal) ||
        text.Contains("mainClass", StringComparison.Ordinal) || CodePatterns.ApplicationPlugin().IsMatch(text) && manifest.Name.StartsWith("build.gradle", StringComparison.Ordinal) || text.Contains("<packaging>war", StringComparison.Ordinal) ||
        text.Contains("quarkus", StringComparison.Ordinal) || text.Contains(":main", StringComparison.Ordinal) || manifest.Name is "build.sbt" or "build.xml" ||
        folder.Below.Any(file => file.Extension is ".java" or ".kt" && (file.Mentions("static void main(") || file.Mentions("fun main(") || file.Mentions("@SpringBootApplication")));

    /// <summary><c>java=21.0.5-tem</c> of SDKMAN.</summary>
    static string? Sdkman(Folder folder) => folder.Text(".sdkmanrc")?.Split('\n').FirstOrDefault(line => line.StartsWith("java=", StringComparison.Ordinal))?[5..].Trim().Split('-')[0];

    /// <summary>What a Gradle build asks for: <c>JavaLanguageVersion.of(21)</c>, <c>jvmToolchain(21)</c>, <c>sourceCompatibility = '17'</c>.</summary>
    static string? Toolchain(SnapshotFile manifest) => manifest.Name.StartsWith("build.gradle", StringComparison.Ordinal) && CodePatterns.JavaToolchain().Match(manifest.Text!) is { Success: true } match ? match.Groups["version"].Value : null;

    static string? SystemProperties(Folder folder) =>
        folder.Text("system.properties")?.Split('\n').FirstOrDefault(line => line.StartsWith("java.runtime.version", StringComparison.Ordinal))?.Split('=') is [_, var version] ? version.Trim() : null;
}
