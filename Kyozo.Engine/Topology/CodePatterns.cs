using System.Text.RegularExpressions;

namespace Kyozo.Engine.Topology;

/// <summary>Every pattern that is looked for in program text. Made at build time; each has a bound on what it can run over.</summary>
static partial class CodePatterns
{
    const RegexOptions Plain = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    /// <summary><c>process.env.API_URL</c>, <c>import.meta.env.VITE_API</c>, <c>env.API_URL</c> of SvelteKit, of a worker or of a checked environment.</summary>
    [GeneratedRegex(@"\b(process\.env|import\.meta\.env|Bun\.env)\.(?<name>[A-Za-z_][A-Za-z0-9_]{1,80})|(?<![\w.$])env\.(?<name>[A-Z][A-Z0-9_]{1,80})\b", Plain)]
    public static partial Regex EnvironmentMember();

    /// <summary><c>os.environ["X"]</c>, <c>process.env['X']</c>, <c>ENV["X"]</c>, <c>$_ENV['X']</c></summary>
    [GeneratedRegex(@"(environ|process\.env|ENV|_SERVER)\[\s*[""'](?<name>[A-Za-z_][A-Za-z0-9_]{1,80})[""']\s*\]", Plain)]
    public static partial Regex EnvironmentIndex();

    /// <summary><c>os.getenv("X", "default")</c>, <c>Environment.GetEnvironmentVariable("X")</c>, <c>ENV.fetch("X")</c>, <c>env('X')</c>, <c>System.getenv("X")</c>, <c>env::var("X")</c> and whatever else calls itself something with "env" and is given a name in capitals.</summary>
    [GeneratedRegex(@"(\b\w{0,24}[eE][nN][vV]\w{0,24}(::var(_os)?|\.(get|fetch|str|int|bool|url|list|db|require|String|Int))?!?|GetEnvironmentVariable|environ\.get|\bdecouple\.config|\bconfig)\s*\(?\s*(&?[\w.]{1,60}\s*,\s*)?[""'](?<name>[A-Z_][A-Z0-9_]{1,80})[""']", Plain)]
    public static partial Regex EnvironmentCall();

    /// <summary><c>${REDIS_HOST:localhost}</c> of Spring, <c>${PORT:-3000}</c> of shells.</summary>
    [GeneratedRegex(@"\$\{(?<name>[A-Z_][A-Z0-9_]{1,80})(:-?(?<default>[^}\s]{0,200}))?\}", Plain)]
    public static partial Regex EnvironmentPlaceholder();

    /// <summary><c>const { PORT = 3000, API_URL } = process.env</c></summary>
    [GeneratedRegex(@"\{(?<names>[^{}]{1,400})\}\s*=\s*process\.env\b", Plain)]
    public static partial Regex EnvironmentDestructured();

    /// <summary>What follows the reading of a variable: <c>|| 'http://api:3000'</c>, <c>, "8000")</c>, <c>?? 4000</c>, <c>? Number(…) : 4000</c></summary>
    [GeneratedRegex(@"\G[""'\])]{0,3}\s*(\|\||\?\?|,|\bor\b|=|\{|\)?\.(orElse|unwrap_or|getOrElse|or_else)\()\s*(int\(|Number\(|str\(|default\s*[:=]\s*)?[""'`]?(?<value>[A-Za-z0-9+.:/@_%{}$-]{1,200})|\G\s*\?[^:\n?]{1,60}:\s*(?<value>\d{2,5})\b", Plain)]
    public static partial Regex DefaultValue();

    /// <summary>An address anywhere in a text.</summary>
    [GeneratedRegex(@"\b(?<scheme>(https\+)?https?|wss?|grpc|tcp|postgres(ql)?(\+\w{1,20})?|mysql2?(\+\w{1,20})?|mariadb|mongodb(\+srv)?|rediss?|amqps?|kafka|nats|memcached|clickhouse|sqlserver|ecto)://(?<credentials>[^\s""'@/`]{1,120}@)?(?<host>[A-Za-z0-9_.-]{1,100})(:(?<port>\d{2,5}))?", Plain)]
    public static partial Regex Address();

    /// <summary>A port that is opened: <c>.listen(3000</c>, <c>ListenAndServe(":8080"</c>, <c>app.run(port=5000</c>, <c>HTTPServer(("", 8000)</c>, <c>bind("0.0.0.0:8000")</c>, <c>new WebSocketServer({ port: 8081</c>, <c>add_insecure_port("[::]:50051")</c>, <c>new InetSocketAddress(8000)</c>.</summary>
    [GeneratedRegex(@"(\.listen\(\s*(\{[^}]{0,80}?port\s*:\s*)?|ListenAndServe(TLS)?\(\s*[""'`][^""'`:]{0,60}:|HTTPServer\(\s*\(\s*[""'][^""']{0,60}[""']\s*,\s*|TCPServer\(\s*\(\s*[""'][^""']{0,60}[""']\s*,\s*|(\.|::)(run|Run|Start|bind|bindAsync|Listen|start|UseUrls|Add|listen|add_insecure_port|add_secure_port)\([^)\n]{0,100}?(\bport\s*=\s*|[""'`](https?://)?(\[[\w:]{0,40}\]|[^""'`:\s[]{0,60}):)|ListenAnyIP\(\s*|\bbind\(\s*\(\s*[""'][^""'\n]{0,60}[""']\s*,\s*|\bAddr\s*:\s*[""'`][^""'`:]{0,60}:|flag\.\w{1,20}\([^)\n]{0,60}?[""'`](addr|address|listen|port|http)[""'`]\s*,\s*[""'`]?[^""'`:,\n]{0,40}:?|--port[""'][^)\n]{0,120}?default\s*=\s*|\[\s*0\s*,\s*0\s*,\s*0\s*,\s*0\s*\]\s*,\s*|net\.Listen\(\s*""tcp""\s*,\s*""[^"":]{0,60}:|set\s+:port,\s*|serve\(\s*\{[^}]{0,100}?port\s*:\s*|server\.port\s*[=:]\s*|quarkus\.http\.port\s*=\s*|\.port\(|Server\w{0,20}\)?\(\s*\{[^}]{0,100}?\bport\s*:\s*|\.(listen|run)\(\s*[""'][^""'\n]{0,60}[""']\s*,\s*|\bserve\([^)\n]{0,60}?[""'][^""'\n]{0,60}[""']\s*,\s*|Server(\.new)?\(\s*[""'][^""'\n]{0,60}[""']\s*,\s*|InetSocketAddress\(\s*([""'][^""'\n]{0,60}[""']\s*,\s*)?|ServerSocket\(\s*|\bforPort\(\s*|[""'](0\.0\.0\.0|127\.0\.0\.1|\[::1?\]):(?=\d{2,5}[""']\.parse)|Sprintf\(\s*[""'][^""'\n]{0,40}:%[dsv][""']\s*,\s*[""']?|\bscotty\s+|\bKemal\.run\(?\s*|:Port\s*=>\s*|\bPort:\s+)(?<port>\d{2,5})\b", Plain)]
    public static partial Regex OpenedPort();

    /// <summary><c>PORT = 8000</c>, <c>const port = 4000</c>, <c>port := "50051"</c>.</summary>
    [GeneratedRegex(@"\b(PORT|port|httpPort|serverPort|defaultPort|listenPort|appPort|apiPort|webPort|servicePort|app_port|api_port|APP_PORT|API_PORT|WEB_PORT|SERVICE_PORT|LISTEN_PORT|HTTP_PORT|SERVER_PORT|GRPC_PORT|grpcPort|grpc_port|default_port|http_port|server_port|DEFAULT_PORT|httpport)\s*(:\s*(number|int|u16)\s*)?(:?=|:)\s*[""'`]?:?(?<port>\d{2,5})\b", Plain)]
    public static partial Regex PortConstant();

    /// <summary>A port as a configuration file of a framework states it: <c>httpPort="9080"</c>, <c>"http.port": 8080</c>, <c>"Url": "http://*:5000"</c>.</summary>
    [GeneratedRegex(@"(\bhttpPort=""|[""']http(\.server)?\.port[""']\s*:\s*|default\.http\.port[""']?\s*(value|defaultValue)=""|""Urls?""\s*:\s*""https?://[^"":]{1,60}:)(?<port>\d{2,5})\b", Plain)]
    public static partial Regex ConfiguredPort();

    /// <summary><c>--port 8000</c>, <c>-p 3000</c>, <c>--bind 0.0.0.0:8000</c> of a command line.</summary>
    [GeneratedRegex(@"(--port[= ]|(^|\s)-p[= ]?|--bind[= ]\S{0,40}?:|(^|\s)-b[= ]\S{0,40}?:|--server\.port[= ]|0\.0\.0\.0:|PORT=)(?<port>\d{2,5})\b", Plain)]
    public static partial Regex PortArgument();

    /// <summary>A server is started, whatever its port.</summary>
    [GeneratedRegex(@"\.listen\(|createServer\(|\bserve\(|Bun\.serve|Deno\.serve|ListenAndServe|http\.Server\{|HTTPServer\(|TCPServer\(|socketserver|uvicorn\.run|app\.run\(|web\.run_app|make_server\(|waitress|net\.Listen\(|WebApplication\.|HttpListener|ServerSocket\(|HttpServer|TcpListener::bind|rocket::|actix_web|axum::|warp::|Plug\.Cowboy|Bandit|grpc\.NewServer|grpc\.server\(|Sinatra|WEBrick|new Hono|Flask\(|FastAPI\(|grpc\.Server\(|bindAsync|WebSocketServer|WebSocket\.Server|[""']ws[""']\)\.Server|\bscotty\b|add_insecure_port|Server::builder|ServerBuilder|InetSocketAddress|Kemal\.run|embeddedServer|run-jetty|new \w{0,24}Server\(|\.NewServ(er|ice)\(|TCPServer\.new", Plain)]
    public static partial Regex Listens();

    /// <summary>The plugin of Spring Boot in a Gradle build (not one of its libraries, which have a colon after the group): it makes a program.</summary>
    [GeneratedRegex(@"org\.springframework\.boot[""'](?![^\n]{0,60}apply\(?\s*false)|\bspring[-.]?[bB]oot\b[^\n]{0,20}\)\s*$|libs\.plugins\.spring", Plain | RegexOptions.Multiline)]
    public static partial Regex SpringBootPlugin();

    /// <summary>The application plugin of Gradle, one that includes it, or its block.</summary>
    [GeneratedRegex(@"[""'\s`(.]application[""'`)\s{]|\.application\b|[""'`(]war[""'`)]|shadow[""']|io\.ktor\.plugin|io\.quarkus|io\.helidon", Plain)]
    public static partial Regex ApplicationPlugin();

    /// <summary>The Java version that a Gradle build asks for.</summary>
    [GeneratedRegex(@"(JavaLanguageVersion\.of\(\s*|jvmToolchain\(\s*|sourceCompatibility\s*=\s*[""']?(JavaVersion\.VERSION_)?)(?<version>\d{1,2})\b", Plain)]
    public static partial Regex JavaToolchain();

    /// <summary>A path that tells whether a service is well.</summary>
    [GeneratedRegex(@"[""'`](GET |get |HEAD )?(?<path>/(api/)?(_?health|_?healthz|healthcheck|health-check|health_check|livez|readyz|alive|ping|up|status|heartbeat|actuator/health|q/health|v1/health|-/healthy))/?[""'`]", Plain)]
    public static partial Regex HealthRoute();

    /// <summary>Where a reverse proxy sends requests: <c>proxy_pass http://api:3000</c>, <c>server api:3000;</c>, <c>reverse_proxy api:3000</c>.</summary>
    [GeneratedRegex(@"(^|\s)(proxy_pass|server|reverse_proxy|to|fastcgi_pass|uwsgi_pass)\s+(https?://)?(?<host>[A-Za-z][\w-]{0,60})(:(?<port>\d{2,5}))?", Plain)]
    public static partial Regex ProxyTarget();

    /// <summary><c>addr := ":8080"</c>, <c>LISTEN_ADDR = "0.0.0.0:9000"</c>: where a program listens; of its own machine only.</summary>
    [GeneratedRegex(@"\b(addr|address|listenAddr|listen_addr|bindAddr|bind_addr|serverAddr|LISTEN_ADDR|BIND_ADDR)\s*:?=\s*(&?\w{1,30}\(\s*)?[""'`](0\.0\.0\.0|127\.0\.0\.1|localhost|\[::1?\])?:(?<port>\d{2,5})\b", Plain)]
    public static partial Regex ListenAddress();

    /// <summary>A script that goes to a package below: <c>cd client &amp;&amp; npm start</c>, <c>npm start --prefix server</c>.</summary>
    [GeneratedRegex(@"(^|[\s""'&;(])cd\s+(\./)?[A-Za-z]|--(prefix|cwd|dir)[= ]|(pnpm|yarn|git)\s+-C\s", Plain | RegexOptions.Multiline)]
    public static partial Regex GoesToMember();

    /// <summary>A script that starts the members of a workspace.</summary>
    [GeneratedRegex(@"\b(turbo|nx|lerna|concurrently|npm-run-all|run-p|wsrun|moon)\b|--filter\b|--workspaces?\b|\s-w\s|\bworkspaces? |pnpm (-r|--recursive)\b|^pm2\b", Plain)]
    public static partial Regex StartsMembers();

    /// <summary>A script that hands over to another of the same package.</summary>
    [GeneratedRegex(@"^(npm run|yarn run|pnpm run|bun run|yarn|pnpm)\s+(?<name>[\w:.-]{1,60})$", Plain)]
    public static partial Regex CallsScript();

    /// <summary>A script that runs one file of the package while somebody works on it: <c>tsx watch src/index.ts</c>.</summary>
    [GeneratedRegex(@"\b(node|nodemon|tsx|ts-node|ts-node-dev|tsnd|bun|bun run|vite-node|swc-node)\s+((-\S+|watch|run|--)\s+){0,6}(?<file>[\w./-]{1,120}\.([cm]?[jt]s))\s*$", Plain)]
    public static partial Regex RunsFile();

    /// <summary>A script that watches its sources and builds them anew, and serves nothing.</summary>
    [GeneratedRegex(@"^(cross-env\s+|npx\s+|NODE_ENV=\w+\s+)*(webpack|rollup|gulp|grunt|tsc|sass|tailwindcss|esbuild|wp-scripts start|encore|mix|vite build|parcel watch|snowpack build|babel|tsup|tsdown|unbuild|microbundle|tsdx|swc|ng-packagr|preconstruct|bunchee|father|storybook|start-storybook|styleguidist|ladle|histoire|docz)\b(?!.*\b(serve|server|dev-server|node|nodemon)\b)", Plain)]
    public static partial Regex OnlyBundles();

    /// <summary>The kind of database that a program's configuration names: <c>dialect: 'mysql'</c>, <c>type: "postgres"</c>, <c>:dbtype "postgresql"</c>.</summary>
    [GeneratedRegex(@"\b(dialect|client|rdbms|dbtype|dbms|type|driver|adapter|provider|connector|db_type|dbType|engine)[""']?\s*([:=](?!>)\s*|\s)[""'](?<kind>postgres|postgresql|pg|mysql|mysql2|mariadb|mssql|sqlserver|mongodb)[""']", Plain)]
    public static partial Regex DatabaseKind();

    /// <summary>The name under which others find a program that registers itself: of Spring, Quarkus or Micronaut.</summary>
    [GeneratedRegex(@"^\s*(spring|quarkus|micronaut)\.application\.name\s*[=:]\s*[""']?(?<name>[A-Za-z0-9][\w-]{1,80})|^(?<indent>[ ]{0,8})application:\s*\r?\n[ ]{1,12}name:\s*[""']?(?<name>[A-Za-z0-9][\w-]{1,80})", Plain | RegexOptions.Multiline)]
    public static partial Regex ApplicationName();

    /// <summary>A client that names the program it speaks to by the name it registers under: <c>@FeignClient(name = "orders")</c>, <c>lb://orders</c>.</summary>
    [GeneratedRegex(@"@(FeignClient|RegisterRestClient|Client)\(\s*((name|value|id|configKey)\s*=\s*)?""(?<host>[A-Za-z][\w-]{1,80})""|\blb:(ws:)?//(?<host>[A-Za-z][\w-]{1,80})", Plain)]
    public static partial Regex RegisteredClient();

    /// <summary>A line that says who may call, not whom the program calls.</summary>
    [GeneratedRegex(@"(?i)cors|\borigins?\b|allowed_?origins?|allow_?origins?|csrf_trusted|trusted_?origins?|redirect_?uri", Plain)]
    public static partial Regex CallerNotCalled();

    /// <summary>The port of a Haskell program: <c>run 8081 app</c>.</summary>
    [GeneratedRegex(@"\b(run|runEnv|setPort|warp|quickHttpServe)\s+\(?(?<port>\d{2,5})\b", Plain)]
    public static partial Regex HaskellPort();

    /// <summary>A port in a program's own JSON configuration.</summary>
    [GeneratedRegex(@"""(port|httpPort|http_port)""\s*:\s*""?(?<port>\d{2,5})\b", Plain)]
    public static partial Regex JsonPort();

    /// <summary><c>npm:pg@8</c>, an import of Deno.</summary>
    [GeneratedRegex(@"[""']npm:(?<name>(@[\w.-]{1,80}/)?[\w.-]{1,80})", Plain)]
    public static partial Regex NpmSpecifier();

    [GeneratedRegex(@"output\s*:\s*[""']export[""']", Plain)]
    public static partial Regex NextExport();

    [GeneratedRegex(@"\bssr\s*:\s*false", Plain)]
    public static partial Regex SsrOff();

    [GeneratedRegex(@"\boutput\s*:\s*[""'](server|hybrid)[""']|\badapter\s*:", Plain)]
    public static partial Regex AstroServer();

    [GeneratedRegex(@"outDir\s*:\s*[""']([^""']{1,100})[""']", RegexOptions.CultureInvariant)]
    public static partial Regex OutDir();
}
