namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Ruby with Bundler.</summary>
static class RubyDockerfile
{
    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        const string Bundle = "ENV BUNDLE_PATH=/bundle BUNDLE_WITHOUT=development:test";
        var text = new DockerfileText("a Ruby service");
        var gems = input.Has("Gemfile");
        if (gems)
        {
            text.Line($"FROM {input.Base("ruby")} AS build")
                .Line(Bundle)
                .Line("WORKDIR /app")
                .Certificates(input, "SSL_CERT_FILE", "BUNDLE_SSL_CA_CERT")
                .CopyFiles(input, "Gemfile", "Gemfile.lock")
                .Download("bundle install")
                .Stage();
        }

        return text.Line($"FROM {input.Base("ruby")}")
            .Line($"ENV RACK_ENV=production RAILS_ENV=production RAILS_LOG_TO_STDOUT=1 HOME=/tmp{(input.Port is { } port ? $" PORT={port}" : "")}")
            .LineIf(gems, Bundle)
            .LineIf(gems, "COPY --from=build /bundle /bundle")
            .Line("COPY --chown=1000:1000 app/ /app/")
            .Line("WORKDIR /app")
            .LineIf(input.Config.BuildCommand is not null, $"RUN {input.Config.BuildCommand}")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(Start(input)))
            .End();
    }

    static string Start(DockerfileInput input)
    {
        if (input.Config.StartCommand is { } command) return command;
        if (input.Has("bin/rails")) return "bundle exec rails server --binding 0.0.0.0 --port $PORT";
        if (input.Has("config.ru")) return "bundle exec rackup --host 0.0.0.0 --port $PORT";
        var file = new[] { "app.rb", "main.rb", "server.rb" }.FirstOrDefault(input.Has)
            ?? throw new DockerfileNotMadeException("How to start it is not known: name the start command.");
        return $"{(input.Has("Gemfile") ? "bundle exec " : "")}ruby {file}";
    }
}
