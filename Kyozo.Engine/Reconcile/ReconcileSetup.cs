using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Reconcile;

/// <summary>Registration of the reconciler.</summary>
public static class ReconcileSetup
{
    /// <summary>Everything of this folder; needs <c>AddDeployments</c>.</summary>
    public static IServiceCollection AddReconcile(this IServiceCollection services)
    {
        services.AddOptions<ReconcileOptions>().BindConfiguration(ReconcileOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ReconcileOptions>, ReconcileOptionsValidator>());
        return services.AddSingleton<Reconciler>();
    }
}
