// trial: wrong; a read that fills the buffer is taken as "more to come": multiples of 8192 hang
// caught by: sizes
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

public class FullBufferWaitsForMore {
    static void echo(Socket s) {
        try (Socket socket = s) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            byte[] buf = new byte[8192];
            int n;
            do {
                ByteArrayOutputStream message = new ByteArrayOutputStream();
                do {                                    // one message, however long
                    n = in.read(buf);
                    if (n > 0) message.write(buf, 0, n);
                } while (n == buf.length && message.size() < (1 << 20));
                message.writeTo(out);
            } while (n != -1);
        } catch (IOException e) {
            // the client is gone
        }
    }

    static void rest() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public static void main(String[] args) {
        int port = 0;
        if (args.length == 1 && args[0].matches("[0-9]{1,5}")) port = Integer.parseInt(args[0]);
        if (port < 1 || port > 65535) {
            System.err.println("bad port");
            System.exit(2);
        }
        ServerSocket server = null;
        try {
            server = new ServerSocket(port, 4096, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            System.err.println("port " + port + ": " + e.getMessage());
            System.exit(1);
        }
        while (true) {
            Socket s;
            try {
                s = server.accept();
            } catch (IOException e) {                   // out of descriptors
                rest();
                continue;
            }
            for (boolean started = false; !started; ) {
                try {
                    Thread t = new Thread(null, () -> echo(s), "client", 128 * 1024);
                    t.setDaemon(true);
                    t.start();
                    started = true;
                } catch (OutOfMemoryError e) {          // no more threads for now
                    rest();
                }
            }
        }
    }
}
