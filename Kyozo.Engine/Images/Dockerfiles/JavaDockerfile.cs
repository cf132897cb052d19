namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Java and Kotlin, built with Maven or Gradle's wrapper.</summary>
static class JavaDockerfile
{
    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var text = new DockerfileText("a Java service")
            .Line($"FROM {input.Base("maven")} AS build")
            .Line("WORKDIR /src");
        // Java keeps authorities in a store of its own.
        if (input.HasCertificates)
        {
            text.Certificates(input)
                .Line("RUN csplit --quiet --elide-empty-files --prefix=/kyozo/ca- --suffix-format=%03d.pem /kyozo/ca-certificates.crt '/-BEGIN CERTIFICATE-/' '{*}' \\")
                .Line("    && for file in /kyozo/ca-*.pem; do keytool -importcert -noprompt -cacerts -storepass changeit -alias \"$file\" -file \"$file\" || true; done");
        }

        if (input.Has("pom.xml"))
        {
            text.CopyFiles(input, "pom.xml")
                .Download("mvn --batch-mode --quiet dependency:go-offline || true")
                .Line("COPY app/ ./")
                .Download(input.Config.BuildCommand ?? "mvn --batch-mode --quiet package -DskipTests")
                .Line("RUN mkdir /out && cp \"$(ls -S target/*.jar | grep -v -e sources -e javadoc -e original | head -n 1)\" /out/service.jar");
        }
        else if (input.Has("gradlew"))
        {
            text.Line("COPY app/ ./")
                .Download(input.Config.BuildCommand ?? "sh ./gradlew --no-daemon --console=plain assemble")
                .Line("RUN mkdir /out && cp \"$(ls -S build/libs/*.jar */build/libs/*.jar 2>/dev/null | grep -v -e plain -e sources | head -n 1)\" /out/service.jar");
        }
        else
        {
            throw new DockerfileNotMadeException("There is neither pom.xml nor gradlew.");
        }

        return text.Stage()
            .Line($"FROM {input.Base("java")}")
            .LineIf(input.Port is not null, $"ENV PORT={input.Port} SERVER_PORT={input.Port}")
            .Line("COPY --from=build --chown=1000:1000 /out /app")
            .Line("WORKDIR /app")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(["java", "-XX:MaxRAMPercentage=75", "-jar", "service.jar"]))
            .End();
    }
}
