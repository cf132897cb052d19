import { Module } from '@nestjs/common';
import { connect } from 'mongoose';
import amqp from 'amqplib';

connect(process.env.MONGODB_URI ?? 'mongodb://localhost:27017/bookings');
export const channel = amqp.connect(process.env.AMQP_URL ?? 'amqp://localhost');

@Module({})
export class AppModule {}
