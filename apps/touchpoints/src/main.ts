import 'reflect-metadata';
import { runProcess } from '@tsunagari/process';

void runProcess('touchpoints');
