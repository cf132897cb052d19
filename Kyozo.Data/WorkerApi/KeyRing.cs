using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Kyozo.Data.WorkerApi;

/// <summary>The Data Protection key ring that portal, worker and command line share: sign-in cookies and worker tickets hang on it.</summary>
public static class KeyRing
{
    /// <summary>Data Protection with the keys in <see cref="KyozoHome.KeyRing"/> (folder 0700, files 0600) under the application name <c>kyozo</c>.</summary>
    public static IServiceCollection AddKyozoDataProtection(this IServiceCollection services, KyozoHome home)
    {
        services.AddDataProtection().SetApplicationName("kyozo");
        services.AddOptions<KeyManagementOptions>().Configure<ILoggerFactory>((options, logs) =>
            options.XmlRepository = new PrivateFiles(new DirectoryInfo(home.KeyRing), logs));
        return services;
    }

    /// <summary>Keys as files that only their owner can read: anybody who reads one can sign in as anybody.</summary>
    sealed class PrivateFiles(DirectoryInfo folder, ILoggerFactory logs) : IXmlRepository
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        readonly FileSystemXmlRepository _files = new(Private(folder), logs);

        public IReadOnlyCollection<XElement> GetAllElements() => _files.GetAllElements();

        public void StoreElement(XElement element, string friendlyName)
        {
            _files.StoreElement(element, friendlyName);
            if (OperatingSystem.IsWindows()) return;
            foreach (var file in folder.EnumerateFiles("*.xml")) file.UnixFileMode = OwnerOnly;
        }

        static DirectoryInfo Private(DirectoryInfo folder)
        {
            if (OperatingSystem.IsWindows()) folder.Create();
            else
            {
                Directory.CreateDirectory(folder.FullName, OwnerOnly | UnixFileMode.UserExecute);
                folder.UnixFileMode = OwnerOnly | UnixFileMode.UserExecute;
            }

            return folder;
        }
    }
}
