new HostBuilder().ConfigureFunctionsWorkerDefaults().Build().Run();
