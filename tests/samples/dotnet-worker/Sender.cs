namespace Reminders;

public sealed class Sender(IConfiguration configuration) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var factory = new RabbitMQ.Client.ConnectionFactory { Uri = new(configuration.GetConnectionString("rabbit")!) };
        await using var connection = await factory.CreateConnectionAsync(stoppingToken);
        await Task.Delay(Timeout.Infinite, stoppingToken);
    }
}
