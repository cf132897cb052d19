using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Python programs: frameworks with their servers, plain scripts, the standard library alone.</summary>
sealed class PythonDetector : IServiceDetector
{
    static readonly string[] EntryFiles =
        ["main.py", "app.py", "server.py", "run.py", "wsgi.py", "asgi.py", "application.py", "index.py", "api.py", "bot.py", "start.py", "hello.py", "worker.py", "web.py", "service.py", "function_app.py", "streamlit_app.py", "consumer.py", "__main__.py", "app/main.py", "src/main.py", "src/app.py", "app/__init__.py", "app/app.py", "api/main.py", "src/app/main.py", "src/server.py", "src/api.py", "src/__main__.py", "backend/main.py", "server/main.py", "locustfile.py"];

    static readonly (string Name, string Package, int Port)[] Frameworks =
    [
        ("django", "django", 8000), ("fastapi", "fastapi", 8000), ("fasthtml", "python-fasthtml", 5001), ("flask", "flask", 5000), ("streamlit", "streamlit", 8501), ("starlette", "starlette", 8000),
        ("litestar", "litestar", 8000), ("sanic", "sanic", 8000), ("tornado", "tornado", 8888), ("aiohttp", "aiohttp", 8080), ("bottle", "bottle", 8080), ("falcon", "falcon", 8000), ("quart", "quart", 5000),
        ("pyramid", "pyramid", 6543), ("gradio", "gradio", 7860), ("dash", "dash", 8050), ("cherrypy", "cherrypy", 8080), ("reflex", "reflex", 3000), ("robyn", "robyn", 8080), ("chainlit", "chainlit", 8000), ("nicegui", "nicegui", 8080), ("panel", "panel", 5006), ("hug", "hug", 8000), ("connexion", "connexion", 8080), ("azure-functions", "azure-functions", 80), ("google-functions", "functions-framework", 8080), ("locust", "locust", 8089),
    ];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        var manifests = PythonLibraries.Manifests(folder).ToList();
        var entry = folder.First(EntryFiles);
        // A folder below with an image of its own is a program of its own.
        if (entry is not null && entry.Folder != folder.Path && IsOnItsOwn(folder, entry)) entry = folder.First([.. EntryFiles.Where(name => !name.Contains('/', StringComparison.Ordinal))]);
        var manage = folder.File("manage.py");
        if (manifests.Count == 0 && entry is not { Text: not null } && manage is null && Script(folder) is null) return [];
        // A program in a folder of its own is that folder's.
        if (manifests.Count == 0 && entry is not null && entry.Folder != folder.Path) entry = null;
        if (manifests.Count == 0 && entry is null && manage is null && Script(folder) is null) return [];

        var service = new Candidate(folder, ServiceType.Python, manifests.Count > 0 || manage is not null ? Rank.Python : Rank.ScriptWithoutManifest);
        foreach (var manifest in manifests)
        {
            service.Because(manifest, null, manifest.Name, Belief.Manifest);
            service.Libraries.AddRange(PythonLibraries.In(folder.Index, manifest));
        }
        (service.PackageManager, service.InstallCommand) = PackageManager(folder, manifests);
        service.Version = Version(folder);
        entry ??= InPackage(folder);
        if (manifests.Count == 0) service.Libraries.AddRange(PythonLibraries.Imported(folder));
        entry = Imported(folder, service, entry) ?? entry ?? Script(folder);
        Start(folder, service, manage, entry);
        service.IsLibrary = service.StartCommand is null || manifests.Count > 0 && folder.Depth > 0 && entry is null && manage is null && service.Framework is null;
        // What the generator of a site asks for makes no program.
        if (entry is null && manage is null && service.Framework is null && Generates(folder, service)) return [];
        var isWorkspace = folder.File("pyproject.toml").Mentions("[tool.uv.workspace]") && entry is null;
        if (folder.Depth == 0 && manifests.Count > 0) service.IsLibrary = isWorkspace;
        if (IsInstalled(folder, service, entry) && manage is null) service.Because(folder.File("pyproject.toml")!, folder.File("pyproject.toml")!.LineOf("scripts]"), "a command that is installed, not a service", Belief.NoStart);
        return [service];
    }

    /// <summary>A package that gives whoever installs it a command and has nothing that would serve or work all the time.</summary>
    static bool IsInstalled(Folder folder, Candidate service, SnapshotFile? entry) =>
        service.Framework is null && (entry is null || entry.Name == "__main__.py") && folder.File("pyproject.toml") is { } project && (project.Mentions("[project.scripts]") || project.Mentions("[tool.poetry.scripts]")) && project.Mentions("[build-system]") &&
        !Dockerfiles.Has(folder) && !service.Libraries.Exists(library => ClientLibraries.Of(library) is not null) && !folder.Below.Any(file => file.Extension == ".py" && file.Listens());

    /// <summary>A file in or below a folder with an image or a manifest of its own is that folder's.</summary>
    static bool IsOnItsOwn(Folder folder, SnapshotFile file)
    {
        for (var at = file.Folder; at != folder.Path && at != "."; at = Paths.Parent(at))
        {
            if (new Folder(folder.Index, at) is var inner && (Dockerfiles.Has(inner) || PythonLibraries.Manifests(inner).Any())) return true;
        }
        return false;
    }

    static bool Generates(Folder folder, Candidate service) =>
        folder.First("mkdocs.yml", "mkdocs.yaml") is not null && service.Libraries.Exists(library => library.Name.StartsWith("mkdocs", StringComparison.Ordinal)) ||
        folder.Has("pelicanconf.py") && service.Uses("pelican") || folder.Has("conf.py") && service.Uses("sphinx");

    /// <summary>The file that makes the framework's application object, when it is not one of the usual names.</summary>
    static SnapshotFile? Imported(Folder folder, Candidate service, SnapshotFile? entry)
    {
        foreach (var (name, package, port) in Frameworks)
        {
            if (!service.Uses(package) && !(entry?.Text is { } text && PythonLibraries.Imports(text, package))) continue;
            // A framework that is only a client beside a server (aiohttp, tornado) must be seen serving.
            if (name is "aiohttp" or "tornado" && !folder.Below.Any(file => file.Extension == ".py" && (file.Mentions("web.run_app") || file.Mentions("tornado.web")))) continue;
            service.Framework = name;
            service.DefaultPort = port;
            service.Listens = true;
            var library = service.Libraries.Find(one => one.Name == package);
            service.Because(library?.File ?? entry!.Path, library?.Line, $"framework {name}", Belief.Framework);
            break;
        }
        var made = service.Framework switch { "flask" => "Flask(", "fastapi" => "FastAPI(", "quart" => "Quart(", "streamlit" => "import streamlit", "sanic" => "Sanic(", _ => null };
        if (made is null || entry.Mentions(made)) return null;
        return folder.Below.Where(file => file.Extension == ".py" && file.Mentions(made) && (file.Folder == folder.Path || !IsOnItsOwn(folder, file))).OrderBy(file => file.Path.Count(c => c == '/')).FirstOrDefault();
    }

    /// <summary>The entry file in the package of the project: <c>src/shop/main.py</c>, <c>shop/__main__.py</c>. A folder with a manifest of its own is another project.</summary>
    static SnapshotFile? InPackage(Folder folder)
    {
        if (!folder.Has("pyproject.toml") && !folder.Has("setup.py") && !folder.Has("requirements.txt")) return null;
        var packages = folder.Index.FoldersBelow(folder.Path).Where(one => (one.Depth == folder.Depth + 1 || one.Depth == folder.Depth + 2 && Paths.Last(Paths.Parent(one.Path)) == "src") && one.Has("__init__.py") && !PythonLibraries.Manifests(one).Any() && !Dockerfiles.Has(one) && one.Name is not ("tests" or "test")).ToList();
        foreach (var name in (string[])["main.py", "app.py", "server.py", "asgi.py", "wsgi.py", "__main__.py", "worker.py", "bot.py", "api.py", "consumer.py", "service.py", "run.py", "web.py", "application.py", "scheduler.py", "producer.py", "processor.py", "listener.py", "subscriber.py"])
        {
            foreach (var package in packages)
            {
                if (package.File(name) is { Text: not null } file) return file;
            }
        }
        var scripts = packages.SelectMany(package => package.With(".py")).Where(file => file.Mentions("__main__")).Take(2).ToList();
        return scripts.Count == 1 ? scripts[0] : null;
    }

    /// <summary>Without a usual name: the script of the folder that is meant to be run. Of several the one that serves, of several such the one named like the folder.</summary>
    static SnapshotFile? Script(Folder folder)
    {
        var scripts = folder.With(".py").Where(file => file.Name is not ("setup.py" or "conftest.py" or "noxfile.py") && !file.Name.StartsWith("test_", StringComparison.Ordinal) && !file.Name.EndsWith("_test.py", StringComparison.Ordinal) && (file.Mentions("__main__") || Serves(file))).ToList();
        if (scripts.Count <= 1) return scripts.FirstOrDefault();
        var serving = scripts.Where(Serves).ToList();
        if (serving.Count == 1) return serving[0];
        var key = Slug.Key(folder.Name);
        var named = (serving.Count > 0 ? serving : scripts).Where(file => Slug.Key(System.IO.Path.GetFileNameWithoutExtension(file.Name)) is { Length: > 2 } own && (own.Contains(key, StringComparison.Ordinal) || key.Contains(own, StringComparison.Ordinal))).Take(2).ToList();
        return named.Count == 1 ? named[0] : null;
    }

    static bool Serves(SnapshotFile file) => file.Listens();

    static void Start(Folder folder, Candidate service, SnapshotFile? manage, SnapshotFile? entry)
    {
        var prefix = service.PackageManager switch { "poetry" => "poetry run ", "pipenv" => "pipenv run ", "uv" => "uv run ", "pdm" => "pdm run ", _ => "" };
        if (manage is not null && (service.Framework is "django" || manage.Mentions("django")))
        {
            service.Framework ??= "django";
            service.DefaultPort ??= 8000;
            service.Listens = true;
            service.Because(manage, manage.LineOf("DJANGO_SETTINGS_MODULE"), "manage.py of Django", Belief.StartCommand);
            var wsgi = folder.Below.FirstOrDefault(file => file.Name == "wsgi.py");
            var module = wsgi is null ? null : Module(folder, wsgi);
            service.StartCommand = prefix + (service.Uses("gunicorn") && module is not null ? $"gunicorn --bind 0.0.0.0:8000 {module}:application" : "python manage.py runserver 0.0.0.0:8000");
            return;
        }
        if (entry is null && Queue(folder, service, prefix)) return;
        if (entry is null)
        {
            if (service.Uses("celery")) service.StartCommand = $"{prefix}celery worker";
            return;
        }
        service.Because(entry, null, $"entry file {entry.Name}", Belief.EntryFile);
        // These servers listen where they are told, by convention on 8000, whatever the framework's own development server does.
        if (service.Uses("gunicorn") && service.Framework is "flask" or "bottle" or "falcon" or "pyramid" || service.Uses("uvicorn") && service.Framework is "fasthtml" or "quart") service.DefaultPort = 8000;
        var name = Module(folder, entry);
        var file = Paths.Inside(folder.Path, entry.Path);
        var variable = entry.Mentions("application = ") || entry.Mentions("application=") ? "application" : "app";
        service.StartCommand = prefix + service.Framework switch
        {
            "fastapi" or "starlette" or "litestar" or "quart" when service.Uses("uvicorn") || service.Uses("fastapi") => $"uvicorn {name}:{variable} --host 0.0.0.0 --port {service.DefaultPort}",
            "flask" when service.Uses("gunicorn") => $"gunicorn --bind 0.0.0.0:{service.DefaultPort} {name}:{variable}",
            "flask" when !entry.Mentions("app.run(") && !entry.Mentions(".run(") => $"flask --app {name} run --host 0.0.0.0 --port {service.DefaultPort}",
            "streamlit" => $"streamlit run {file} --server.address 0.0.0.0 --server.port 8501",
            null when service.Uses("celery") && entry.Mentions("Celery(") => $"celery --app {name} worker",
            _ => $"python {file}",
        };
        if (service.Framework is null && service.Uses("celery") && entry.Mentions("Celery(")) (service.Framework, service.Listens) = ("celery", false);
    }

    /// <summary>Libraries of task queues: what declares a task, and the command that works on them.</summary>
    static readonly (string Package, string[] Signs, string Command)[] Queues =
    [
        ("celery", ["= Celery(", "@shared_task"], "celery --app {0} worker"), ("dramatiq", ["@dramatiq.actor"], "dramatiq {0}"), ("arq", ["class WorkerSettings"], "arq {0}.WorkerSettings"), ("huey", ["RedisHuey(", "Huey("], "huey_consumer {0}.huey"), ("rq", ["@job(", "Worker("], "rq worker"),
        ("taskiq", ["@broker.task"], "taskiq worker {0}:broker"), ("procrastinate", ["procrastinate.App("], "procrastinate --app={0}.app worker"), ("faust", ["faust.App("], "faust -A {0} worker"), ("faust-streaming", ["faust.App("], "faust -A {0} worker"), ("nameko", ["@rpc"], "nameko run {0}"),
    ];

    /// <summary>A folder of tasks without a program of its own is worked on by the command of its library.</summary>
    static bool Queue(Folder folder, Candidate service, string prefix)
    {
        if (service.Framework is not null) return false;
        foreach (var (package, signs, command) in Queues)
        {
            if (!service.Uses(package) || folder.Below.FirstOrDefault(file => file.Extension == ".py" && signs.Any(sign => file.Mentions(sign))) is not { } tasks) continue;
            (service.Framework, service.Listens, service.StartCommand) = (package, false, prefix + string.Format(System.Globalization.CultureInfo.InvariantCulture, command, Module(folder, tasks)));
            service.Because(tasks, tasks.LineOf(signs.First(sign => tasks.Mentions(sign))), $"tasks of {package}", Belief.EntryFile);
            return true;
        }
        return false;
    }

    static string Module(Folder folder, SnapshotFile file)
    {
        var relative = Paths.Inside(folder.Path, file.Path)[..^3].Replace('/', '.');
        return relative.EndsWith(".__init__", StringComparison.Ordinal) ? relative[..^9] : relative;
    }

    static (string? Manager, string? Install) PackageManager(Folder folder, List<SnapshotFile> manifests)
    {
        if (folder.Has("uv.lock")) return ("uv", "uv sync --frozen");
        if (folder.Has("poetry.lock")) return ("poetry", "poetry install");
        if (folder.Has("pdm.lock")) return ("pdm", "pdm install");
        var project = folder.File("pyproject.toml");
        // A member of a workspace has its lock file above.
        if (project is not null && !folder.Has("requirements.txt") && !project.Mentions("[tool.poetry]") && !project.Mentions("[tool.pdm") && IsBelowLock(folder)) return ("uv", "uv sync");
        if (folder.Has("requirements.txt")) return ("pip", "pip install -r requirements.txt");
        if (folder.Has("Pipfile")) return ("pipenv", "pipenv install");
        if (project.Mentions("[tool.poetry]")) return ("poetry", "poetry install");
        if (project.Mentions("[tool.pdm")) return ("pdm", "pdm install");
        if (project.Mentions("[tool.uv")) return ("uv", "uv sync");
        if (project is not null || folder.Has("setup.py")) return ("pip", "pip install .");
        return manifests.Count > 0 ? ("pip", $"pip install -r {Paths.Inside(folder.Path, manifests[0].Path)}") : (null, null);
    }

    static bool IsBelowLock(Folder folder)
    {
        for (var at = folder.Path; at != ".";)
        {
            at = Paths.Parent(at);
            if (folder.Index.File(Paths.Join(at, "uv.lock")) is not null) return folder.Index.File(Paths.Join(at, "pyproject.toml")).Mentions("[tool.uv.workspace]");
        }
        return false;
    }

    static string? Version(Folder folder)
    {
        if (folder.File(".python-version").FirstWord() is { } pinned) return pinned;
        if (folder.File("runtime.txt").FirstWord() is { } runtime && runtime.StartsWith("python-", StringComparison.Ordinal)) return runtime[7..];
        if (ToolVersions.Of(folder, "python") is { } tool) return tool;
        if (folder.Index.Toml(folder.File("Pipfile")) is { } pipfile && (pipfile.Find("requires", "python_full_version") ?? pipfile.Find("requires", "python_version")) is { } required) return required.Text;
        foreach (var dependency in folder.Index.Yaml(folder.First("environment.yml", "environment.yaml"))?["dependencies"]?.Items ?? [])
        {
            if (dependency.Scalar is { } pin && pin.StartsWith("python", StringComparison.Ordinal) && pin.IndexOf('=') is > 0 and var at && pin[..at].TrimEnd() == "python") return pin[at..].Trim('=', ' ');
        }
        var project = folder.Index.Toml(folder.File("pyproject.toml"));
        return project?.Find("project", "requires-python")?.Text ?? project?.Find("tool.poetry.dependencies", "python")?.Text;
    }
}
