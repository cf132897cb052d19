using System.Text;

namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Files behind nginx, which runs without root: its own configuration, everything it writes under /tmp.</summary>
static class StaticDockerfile
{
    const int DefaultPort = 8080;

    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var text = new DockerfileText("static files");
        if (input.Config.BuildCommand is { } command && !input.Has("package.json"))
            throw new DockerfileNotMadeException($"Kyozo makes no Dockerfile for a site that '{command}' builds: put one into its folder, or the built files.");
        if (input.Config.BuildCommand is not null) return NodeDockerfile.Write(input with { Config = input.Config with { OutputPath = input.Config.OutputPath ?? "dist" } });
        var from = input.Config.OutputPath is { } output && Relative(output) is { Length: > 0 } folder ? $"app/{folder}/" : "app/";
        return Serve(input, text, $"COPY {from} /srv/", firstStage: true);
    }

    /// <summary>The stage that serves what the copy line brings to /srv.</summary>
    public static GeneratedDockerfile Serve(DockerfileInput input, DockerfileText text, string copy, bool firstStage = false)
    {
        if (!firstStage) text.Stage();
        return text.Line($"FROM {input.Base("static")}")
            .Line("COPY .kyozo/nginx.conf /etc/nginx/nginx.conf")
            .Line(copy)
            .Line("USER 1000:1000")
            .Line($"EXPOSE {input.Port ?? DefaultPort}")
            .Line(StartLine.From(["nginx", "-e", "/dev/stderr", "-g", "daemon off;"]))
            .End(new AddedFile(GeneratedDockerfile.AddedFolder + "nginx.conf", Encoding.UTF8.GetBytes(Configuration(input.Port ?? DefaultPort, !firstStage))));
    }

    /// <summary><c>./dist/</c> → <c>dist</c>.</summary>
    public static string Relative(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToArray();
        return parts.Contains("..") ? throw new DockerfileNotMadeException($"The output folder {path} lies outside the service.") : string.Join('/', parts);
    }

    /// <summary>A built application answers its own addresses (<c>/orders/7</c>) from its first page; plain files that are not there are not there.</summary>
    static string Configuration(int port, bool isApplication) => $$"""
        pid /tmp/nginx.pid;
        events {}
        http {
          include /etc/nginx/mime.types;
          default_type application/octet-stream;
          access_log /dev/stdout;
          sendfile on;
          gzip on;
          gzip_types text/css text/javascript application/javascript application/json image/svg+xml;
          server_tokens off;
          client_body_temp_path /tmp/body;
          proxy_temp_path /tmp/proxy;
          fastcgi_temp_path /tmp/fastcgi;
          uwsgi_temp_path /tmp/uwsgi;
          scgi_temp_path /tmp/scgi;
          server {
            listen {{port}};
            root /srv;
            index index.html index.htm;
            location / {
              try_files $uri $uri/ $uri.html {{(isApplication ? "/index.html" : "=404")}};
            }
          }
        }

        """;
}
