import { mutationContract } from '../../testing/src/mutation-contract';
import { typeDefs } from './generated/graphql';

mutationContract('value', typeDefs);
