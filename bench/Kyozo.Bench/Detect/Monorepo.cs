namespace Kyozo.Bench.Detect;

/// <summary>A generated monorepo, the same on every run: packages with a manifest, program text, tests and files that say nothing.</summary>
static class Monorepo
{
    const int Seed = 20261125, FilesPerPackage = 100;

    /// <summary>Writes about that many files below a folder; returns how many there are.</summary>
    public static int Write(string root, int files)
    {
        var random = new Random(Seed);
        var written = 0;
        void Put(string path, string text)
        {
            var full = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
            written++;
        }

        Put("package.json", """{ "private": true, "workspaces": ["packages/*"] }""");
        for (var package = 0; written < files; package++)
        {
            var (folder, runs) = ($"packages/p{package:0000}", package % 5 == 0);
            switch (package % 4)
            {
                case 0:
                    Put($"{folder}/package.json", $$"""{ "name": "p{{package}}", {{(runs ? "\"scripts\": { \"start\": \"node src/server.js\" }," : "")}} "dependencies": { "express": "4", "pg": "8", "p{{random.Next(package + 1)}}": "*" } }""");
                    break;
                case 1:
                    Put($"{folder}/pyproject.toml", $"[project]\nname = \"p{package}\"\ndependencies = [\"fastapi\", \"uvicorn\", \"redis\"]\n");
                    break;
                case 2:
                    Put($"{folder}/go.mod", $"module example.com/p{package}\n\ngo 1.22\n");
                    break;
                default:
                    Put($"{folder}/p{package}.csproj", $"<Project Sdk=\"Microsoft.NET.Sdk{(runs ? ".Web" : "")}\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>");
                    break;
            }
            if (runs) Put($"{folder}/Dockerfile", "FROM node:22\nCOPY . .\nEXPOSE 3000\nCMD [\"node\", \"src/server.js\"]\n");
            Put($"{folder}/.env.example", "PORT=3000\nDATABASE_URL=postgres://app:secret@db:5432/app\n");
            for (var file = 0; file < FilesPerPackage - 3; file++)
            {
                var inner = $"{folder}/src/m{file / 12}";
                if (file < 30) Put($"{inner}/f{file}.{(package % 4) switch { 0 => "js", 1 => "py", 2 => "go", _ => "cs" }}", Source(random, package, file));
                else Put($"{inner}/asset{file}.{(file % 3) switch { 0 => "svg", 1 => "md", _ => "txt" }}", new string('x', random.Next(200, 2000)));
            }
        }
        return written;
    }

    static string Source(Random random, int package, int file)
    {
        var text = new System.Text.StringBuilder();
        for (var line = random.Next(20, 120); line > 0; line--) text.Append("// line ").Append(line).Append(" of module ").Append(package).Append('/').Append(file).Append('\n');
        return text.Append("const url = process.env.SERVICE_URL || 'http://p").Append(random.Next(1000).ToString("0000", System.Globalization.CultureInfo.InvariantCulture)).Append(":3000';\n").ToString();
    }
}
