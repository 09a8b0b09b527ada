// trial: good; Java NIO, one selector, one buffer per client
// fair: no_stall; TCP_NODELAY is not set
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

public class JavaNio {
    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(args[0]);
        Selector selector = Selector.open();
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress("127.0.0.1", port), 128);
        server.configureBlocking(false);
        SelectionKey accept = server.register(selector, SelectionKey.OP_ACCEPT);

        while (true) {
            // when accept has failed we leave the listener alone for a moment
            selector.select(accept.interestOps() == 0 ? 200 : 0);
            accept.interestOps(SelectionKey.OP_ACCEPT);
            for (SelectionKey key : selector.selectedKeys()) {
                if (key == accept) {
                    accept(server, key, selector);
                } else {
                    echo(key);
                }
            }
            selector.selectedKeys().clear();
        }
    }

    private static void accept(ServerSocketChannel server, SelectionKey key, Selector selector) {
        try {
            SocketChannel client = server.accept();
            if (client != null) {
                client.configureBlocking(false);
                client.register(selector, SelectionKey.OP_READ, ByteBuffer.allocate(16 * 1024));
            }
        } catch (IOException e) {
            System.err.println("accept: " + e.getMessage());
            key.interestOps(0);
        }
    }

    private static void echo(SelectionKey key) {
        SocketChannel client = (SocketChannel) key.channel();
        ByteBuffer buffer = (ByteBuffer) key.attachment();
        try {
            if (key.isReadable() && client.read(buffer) < 0) {
                client.close(); // we read only when nothing is owed
                return;
            }
            buffer.flip();
            client.write(buffer);
            boolean owed = buffer.hasRemaining();
            buffer.compact();
            key.interestOps(owed ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        } catch (IOException e) {
            try {
                client.close();
            } catch (IOException ignored) {
                // nothing to be done about it
            }
        }
    }
}
