import { Module } from '@nestjs/common';
import { ClientsModule, Transport } from '@nestjs/microservices';

@Module({
  imports: [ClientsModule.register([{ name: 'LABELS', transport: Transport.RMQ, options: { urls: [process.env.RABBITMQ_URL!], queue: 'labels' } }])],
})
export class CounterModule {}
