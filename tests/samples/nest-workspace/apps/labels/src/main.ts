import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { LabelsModule } from './labels.module';

const app = await NestFactory.createMicroservice(LabelsModule, { transport: Transport.RMQ, options: { urls: [process.env.RABBITMQ_URL!], queue: 'labels' } });
await app.listen();
