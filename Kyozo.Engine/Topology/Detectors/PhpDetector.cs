using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>PHP programs: Laravel, Symfony, Slim, and plain pages.</summary>
sealed class PhpDetector : IServiceDetector
{
    static readonly (string Name, string Package)[] Frameworks =
        [("laravel", "laravel/framework"), ("symfony", "symfony/framework-bundle"), ("slim", "slim/slim"), ("lumen", "laravel/lumen-framework"), ("codeigniter", "codeigniter4/framework"), ("cakephp", "cakephp/cakephp"), ("yii", "yiisoft/yii2"), ("drupal", "drupal/core-recommended"), ("drupal", "drupal/core"), ("wordpress", "roots/wordpress"), ("wordpress", "roots/wordpress-no-content"), ("wordpress", "johnpbloch/wordpress"), ("wordpress", "johnpbloch/wordpress-core"), ("magento", "magento/product-community-edition"), ("typo3", "typo3/cms-core"), ("craft", "craftcms/cms"), ("mezzio", "mezzio/mezzio"), ("cakephp", "cakephp/app"), ("laminas", "laminas/laminas-mvc")];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        var manifest = folder.File("composer.json");
        var page = folder.First("index.php", "public/index.php", "web/index.php", "htdocs/index.php", "src/index.php");
        if (manifest is null && page is null) return [];
        // public/ and web/ belong to the program above them.
        if (manifest is null && folder.Depth > 0 && folder.Name is "public" or "web" or "htdocs" && folder.Index.In(Paths.Parent(folder.Path)).Any(file => file.Extension == ".php" || file.Name == "composer.json")) return [];

        var service = new Candidate(folder, ServiceType.Php, manifest is null && page!.Folder != folder.Path ? Rank.ScriptWithoutManifest : Rank.Php) { DefaultPort = 80, Listens = true };
        if (folder.Index.Json(manifest) is { } composer)
        {
            service.Because(manifest!, null, "composer.json", Belief.Manifest);
            service.PackageManager = "composer";
            service.InstallCommand = "composer install --no-dev";
            foreach (var package in composer.At("require").Members()) service.Libraries.Add(new("composer", package.Name, manifest!.Path, manifest!.LineOf($"\"{package.Name}\"")));
            service.Version = folder.File(".php-version").FirstWord() ?? ToolVersions.Of(folder, "php") ?? composer.Text("require", "php");
            var framework = Array.Find(Frameworks, one => service.Uses(one.Package));
            if (framework.Name is not null)
            {
                service.Framework = framework.Name;
                service.Because(manifest!, manifest!.LineOf(framework.Package), $"framework {framework.Name}", Belief.Framework);
            }
            service.IsLibrary = page is null && !folder.Has("artisan") && (composer.Text("type") is "library" or "composer-plugin" || folder.Depth > 0 && framework.Name is null);
        }
        if (folder.File("artisan") is { } artisan) (service.Framework, _) = ("laravel", service.Because(artisan, null, "artisan of Laravel", Belief.StartCommand));
        if (page is not null) service.Because(page, null, $"page {page.Path}", Belief.StartCommand);
        if (page.Mentions("<?php") || page.Mentions("<?=")) service.Because(page!, page!.LineOf("<?"), "PHP in the page", Belief.Sign);
        if (page is not null && folder.Files.Any(file => file.Name is "wp-config.php" or "wp-load.php" or "wp-config-sample.php")) service.Framework = "wordpress";
        var root = page is null || page.Folder == folder.Path ? "." : Paths.Inside(folder.Path, page.Folder);
        service.StartCommand = service.Framework == "laravel" ? "php artisan serve --host 0.0.0.0 --port 80" : $"php -S 0.0.0.0:80 -t {root}";
        return [service];
    }
}
