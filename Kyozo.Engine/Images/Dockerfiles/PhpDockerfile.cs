using System.Text;

namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>PHP in Apache, which runs without root: its own configuration, everything it writes under /tmp.</summary>
static class PhpDockerfile
{
    const int DefaultPort = 8080;

    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var text = new DockerfileText("a PHP service");
        var composer = input.Has("composer.json");
        if (composer)
        {
            text.Line($"FROM {input.Base("composer")} AS build")
                .Line("WORKDIR /app")
                .Certificates(input, "SSL_CERT_FILE", "COMPOSER_CAFILE")
                .Line("ARG COMPOSER_ALLOW_SUPERUSER=1")
                .CopyFiles(input, "composer.json", "composer.lock")
                .Download("composer install --no-dev --no-interaction --no-progress --no-scripts --no-autoloader --ignore-platform-reqs")
                .Line("COPY app/ ./")
                .Line("RUN composer dump-autoload --no-dev --optimize --no-scripts")
                .Stage();
        }

        var root = new[] { "public", "web", "www", "html" }.FirstOrDefault(folder => input.Has($"{folder}/index.php"));
        return text.Line($"FROM {input.Base("php")}")
            .Line("COPY .kyozo/apache.conf /etc/apache2/apache2.conf")
            .Line(composer ? "COPY --from=build --chown=1000:1000 /app /app" : "COPY --chown=1000:1000 app/ /app/")
            .Line("WORKDIR /app")
            .Line("USER 1000:1000")
            .Line($"EXPOSE {input.Port ?? DefaultPort}")
            // The well-known image's own entry point looks for root's folders.
            .Line("ENTRYPOINT []")
            .Line(StartLine.From(["apache2", "-DFOREGROUND"]))
            .End(new AddedFile(GeneratedDockerfile.AddedFolder + "apache.conf", Encoding.UTF8.GetBytes(Configuration(input.Port ?? DefaultPort, root is null ? "/app" : $"/app/{root}"))));
    }

    static string Configuration(int port, string root) => $$"""
        ServerRoot /etc/apache2
        ServerName localhost
        DefaultRuntimeDir /tmp
        PidFile /tmp/apache2.pid
        Mutex file:/tmp default
        IncludeOptional mods-enabled/*.load
        IncludeOptional mods-enabled/*.conf
        Listen {{port}}
        ErrorLog /dev/stderr
        LogFormat "%h %u %t \"%r\" %>s %O" common
        CustomLog /dev/stdout common
        ServerTokens Prod
        DocumentRoot {{root}}
        DirectoryIndex index.php index.html
        <Directory {{root}}>
          AllowOverride All
          Require all granted
          FallbackResource /index.php
        </Directory>
        <FilesMatch "\.php$">
          SetHandler application/x-httpd-php
        </FilesMatch>
        <FilesMatch "^\.">
          Require all denied
        </FilesMatch>

        """;
}
