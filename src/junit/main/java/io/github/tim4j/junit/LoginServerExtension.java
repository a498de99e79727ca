/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.junit;

import io.github.tim4j.TimClient;
import io.github.tim4j.server.LoginPolicy;
import io.github.tim4j.server.LoginServer;
import io.github.tim4j.server.LoginServerConfig;
import io.github.tim4j.server.ServerEvent;
import io.github.tim4j.usersig.UserSigKey;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.DynamicTestInvocationContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/**
 * A login server for the tests of a class.
 *
 * <pre>{@code
 * class LoginTest {
 *     @RegisterExtension
 *     static LoginServerExtension server = LoginServerExtension.create();
 *
 *     @Test
 *     void logsIn(TimClient tim) {
 *         assertEquals("alice", tim.login("alice").join().userId());
 *     }
 * }
 * }</pre>
 *
 * <p><b>Parameters.</b> Test methods, {@code @BeforeEach} and {@code @AfterEach} methods, and constructors of test classes may take
 * {@link LoginServer}; {@link TimClient}, one or several; and {@link UserSigMaker}. {@link #server()}, {@link #client} and
 * {@link #userSigs()} give the same to code without parameters.
 *
 * <p><b>Clients</b> are initialised and logged out: {@code login("alice")} is all that is left to do, because the server makes the
 * UserSigs. Each parameter is another device on this machine's platform, and is closed after the test method. A client has a copy of
 * timshim to itself, so that several may be open in one test and in tests that run in parallel, also beside one that the application
 * opens itself.
 *
 * <p><b>Fresh state.</b> Before each test method everything is forgotten: accounts, sessions, events, faults, login policies, the clock.
 * The server itself, and so its port, is the same for all methods of the class and of its {@code @Nested} classes, unless
 * {@link Builder#serverPerMethod()} was asked for or the extension is in a field that is not static: then each method has one of its own. Where
 * the methods of a class run in parallel, there are as many servers as methods run at a time. Classes that share the extension, in a field of a base class,
 * have servers on the same port one after the other, so that what was configured with it once, such as a cached Spring context, stays right.
 *
 * <p><b>Failures</b> carry what the server saw, as a suppressed exception: the events of this test, and the sessions that were connected
 * when it failed.
 *
 * <p>JUnit Jupiter 5.10 to 6. All methods may be called from any thread.
 */
public final class LoginServerExtension
        implements BeforeAllCallback,
                BeforeEachCallback,
                AfterTestExecutionCallback,
                AfterEachCallback,
                InvocationInterceptor,
                ParameterResolver {
    private static final Set<Class<?>> PARAMETERS = Set.of(LoginServer.class, TimClient.class, UserSigMaker.class);
    private static final String POOL = "pool";
    private static final String CLASS = "class";
    private static final String METHOD = "method";

    private final Namespace namespace = Namespace.create(LoginServerExtension.class, this);
    private final Set<ServerScope> open = ConcurrentHashMap.newKeySet();

    @SuppressWarnings("ThreadLocalUsage") // an extension has its own
    private final ThreadLocal<ServerScope> scopeOfThread = new ThreadLocal<>();

    private final UserSigKey key;
    private final ServerStarter starter;
    private final boolean serverPerMethod;

    /** For {@code @ExtendWith(LoginServerExtension.class)}; the same as {@link #create()}. */
    public LoginServerExtension() {
        this(new Builder());
    }

    private LoginServerExtension(Builder builder) {
        key = new UserSigKey(builder.sdkAppId, builder.secret);
        LoginServerConfig.Builder server = LoginServerConfig.builder().app(builder.sdkAppId, builder.secret);
        builder.change.accept(server);
        starter = new ServerStarter(server);
        serverPerMethod = builder.serverPerMethod;
    }

    /**
     * An extension with one app, {@value Builder#DEFAULT_APP}, and a server for each class.
     *
     * @return the extension, for a field with {@code @RegisterExtension}
     */
    public static LoginServerExtension create() {
        return builder().build();
    }

    /**
     * Starts building an extension.
     *
     * @return a builder with the options of {@link #create()}
     */
    public static Builder builder() {
        return new Builder();
    }

    // ---- what a test uses

    /**
     * The SDKAppID of the test's app.
     *
     * @return as configured
     */
    public long sdkAppId() {
        return key.sdkAppId();
    }

    /**
     * The server of the test that runs on this thread. On a thread of the test's own, the one of the only test that runs. Before the first method (in
     * {@code @BeforeAll}), the one that the methods will have, unless they run in parallel.
     *
     * @return the running server
     * @throws IllegalStateException if no test with this extension runs, or several do and none of them on this thread
     */
    public LoginServer server() {
        return current().server();
    }

    /**
     * Makes UserSigs for the test that runs, like {@link #server()}.
     *
     * @return the maker
     * @throws IllegalStateException as {@link #server()}
     */
    public UserSigMaker userSigs() {
        return current().userSigs();
    }

    /**
     * Opens another client of the server for the test that runs, which is closed after it. For example on another platform:
     * {@code server.client(builder -> builder.platform("Web"))}.
     *
     * @param change changes the builder of a client like those that are given as parameters
     * @return the client, logged out
     * @throws IllegalStateException as {@link #server()}; or if no test method runs
     */
    public TimClient client(Consumer<TimClient.Builder> change) {
        return current().client(change);
    }

    /**
     * Asserts how many distinct users of the test's app have logged in today, by the server's clock (UTC), since the test began: what the
     * vendor would have counted.
     *
     * @param expected how many
     * @throws AssertionFailedError  if there are more or fewer; it names the users who logged in
     * @throws IllegalStateException as {@link #server()}
     */
    public void assertDailyActiveUsers(int expected) {
        LoginServer server = server();
        LocalDate today = LocalDate.ofInstant(server.now(), ZoneOffset.UTC);
        int actual = server.dailyActiveUsers(sdkAppId()).getOrDefault(today, 0);
        if (actual != expected) {
            Set<String> users = server.events(0).stream()
                    .filter(event -> event.sdkAppId() == sdkAppId()
                            && (event.type() == ServerEvent.Type.LOGIN || event.type() == ServerEvent.Type.RECONNECT)
                            && LocalDate.ofInstant(event.time(), ZoneOffset.UTC).equals(today))
                    .map(ServerEvent::userId)
                    .collect(Collectors.toCollection(TreeSet::new));
            throw new AssertionFailedError(
                    "daily active users of app " + sdkAppId() + " on " + today + ": expected " + expected + ", but "
                            + actual + " logged in: " + users,
                    expected,
                    actual);
        }
    }

    /** On a thread that is not known, a method's if only one runs; else the class's, if they all have one server. */
    private ServerScope current() {
        ServerScope mine = scopeOfThread.get();
        if (mine != null) {
            return mine;
        }
        List<ServerScope> candidates =
                open.stream().filter(scope -> scope.ofMethod).toList();
        if (candidates.isEmpty()) {
            candidates = List.copyOf(open);
        }
        long servers = candidates.stream().map(ServerScope::server).distinct().count();
        if (servers == 0) {
            throw new IllegalStateException(
                    "no test with this LoginServerExtension is running: is its field annotated with"
                            + " @RegisterExtension, and the call made while a test runs?");
        }
        if (servers > 1) {
            throw new IllegalStateException(servers
                    + " tests with this LoginServerExtension are running, and none of them on"
                    + " thread " + Thread.currentThread().getName()
                    + ": take LoginServer, TimClient or UserSigMaker as parameters of the"
                    + " test method");
        }
        return candidates.get(0);
    }

    // ---- what JUnit calls

    @Override
    public void beforeAll(ExtensionContext context) {
        if (!serverPerMethod) {
            scope(context);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        scope(context);
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        explainFailure(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        explainFailure(context);
    }

    private void explainFailure(ExtensionContext context) {
        context.getExecutionException()
                .filter(failure -> !(failure instanceof TestAbortedException))
                .ifPresent(scope(context)::explain);
    }

    /** Runs a piece of a test as what it is, on whatever thread JUnit runs it: with a timeout that may be a thread of its own. */
    private <T extends @Nullable Object> T within(ExtensionContext context, Invocation<T> invocation) throws Throwable {
        ServerScope before = scopeOfThread.get();
        ServerScope mine = context.getStore(namespace).get(METHOD, ServerScope.class);
        if (mine == null) {
            mine = context.getStore(namespace).get(CLASS, ServerScope.class);
        }
        if (mine != null) {
            scopeOfThread.set(mine);
        }
        try {
            return invocation.proceed();
        } finally {
            if (mine != null && scopeOfThread.get() == mine) {
                scopeOfThread.set(before);
            }
        }
    }

    @Override
    public <T> T interceptTestClassConstructor(
            Invocation<T> invocation, ReflectiveInvocationContext<Constructor<T>> constructor, ExtensionContext context)
            throws Throwable {
        return within(context, invocation);
    }

    @Override
    public void interceptBeforeAllMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        within(context, invocation);
    }

    @Override
    public void interceptBeforeEachMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        within(context, invocation);
    }

    @Override
    public void interceptTestMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        within(context, invocation);
    }

    @Override
    public <T extends @Nullable Object> T interceptTestFactoryMethod(
            Invocation<T> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        return within(context, invocation);
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        within(context, invocation);
    }

    /** The callbacks around a test method do not hear of what happens in its dynamic tests. */
    @Override
    public void interceptDynamicTest(
            Invocation<@Nullable Void> invocation, DynamicTestInvocationContext test, ExtensionContext context)
            throws Throwable {
        try {
            within(context, invocation);
        } catch (TestAbortedException e) {
            throw e;
        } catch (Throwable failure) {
            ServerScope scope = context.getStore(namespace).get(METHOD, ServerScope.class);
            if (scope != null) {
                scope.explain(failure);
            }
            throw failure;
        }
    }

    @Override
    public void interceptAfterEachMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        within(context, invocation);
    }

    @Override
    public void interceptAfterAllMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        within(context, invocation);
    }

    @Override
    public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext rootContext) {
        return ExtensionContextScope.TEST_METHOD;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return PARAMETERS.contains(parameter.getParameter().getType());
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        if (context.getTestMethod().isEmpty() && (type == TimClient.class || serverPerMethod)) {
            throw new ParameterResolutionException(outsideOfMethods(parameter, type));
        }
        ServerScope scope = scope(context);
        return type == LoginServer.class
                ? scope.server()
                : type == UserSigMaker.class ? scope.userSigs() : scope.client(builder -> {});
    }

    private static String outsideOfMethods(ParameterContext parameter, Class<?> type) {
        String where =
                parameter.getDeclaringExecutable() instanceof Method method ? method.getName() : "the constructor";
        return where + " cannot take a " + type.getSimpleName() + ": it runs once for the class, and "
                + (type == TimClient.class ? "a client lives" : "with serverPerMethod a server lives")
                + " for one test method. Take it in test methods or in @BeforeEach";
    }

    /** A method's in a method's context, else the class's. Made at the first occasion, and closed by JUnit with the context. */
    private ServerScope scope(ExtensionContext context) {
        boolean method = context.getTestMethod().isPresent();
        return context.getStore(namespace)
                .getOrComputeIfAbsent(
                        method ? METHOD : CLASS,
                        name -> method ? methodScope(context) : classScope(context),
                        ServerScope.class);
    }

    private ServerScope methodScope(ExtensionContext context) {
        if (serverPerMethod) {
            return opened(true, starter.start(), LoginServer::close);
        }
        ServerPool pool = pool(context);
        return opened(true, pool.take(), pool::giveBack);
    }

    private ServerScope classScope(ExtensionContext context) {
        return opened(false, pool(context).first(), server -> {});
    }

    private ServerScope opened(boolean ofMethod, LoginServer server, Consumer<LoginServer> atEnd) {
        ServerScope before = scopeOfThread.get();
        ServerScope scope = new ServerScope(ofMethod, server, key, ended -> {
            open.remove(ended);
            scopeOfThread.set(before);
            atEnd.accept(ended.server());
        });
        open.add(scope);
        scopeOfThread.set(scope);
        return scope;
    }

    /** The class's; in a field that is not static there is no class to belong to, and it is the method's. */
    private ServerPool pool(ExtensionContext context) {
        return context.getStore(namespace)
                .getOrComputeIfAbsent(POOL, name -> new ServerPool(starter), ServerPool.class);
    }

    /** What an extension is made of; nothing is required. */
    public static final class Builder {
        static final long DEFAULT_APP = 1400000000L;

        private long sdkAppId = DEFAULT_APP;
        private String secret = UUID.randomUUID().toString();
        private Consumer<LoginServerConfig.Builder> change = config -> {};
        private boolean serverPerMethod;

        private Builder() {}

        /**
         * The app that clients and UserSigs are for, with a secret key of its own making.
         *
         * @param sdkAppId the SDKAppID, at least 1; default {@value #DEFAULT_APP}
         * @return this
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder sdkAppId(long sdkAppId) {
            return app(sdkAppId, secret);
        }

        /**
         * The app that clients and UserSigs are for, with a secret key that something else in the test knows as well, such as a backend.
         *
         * @param sdkAppId the SDKAppID, at least 1
         * @param secret   the secret key, not blank
         * @return this
         * @throws IllegalArgumentException if one of them is out of range
         */
        public Builder app(long sdkAppId, String secret) {
            new UserSigKey(sdkAppId, secret);
            this.sdkAppId = sdkAppId;
            this.secret = secret;
            return this;
        }

        /**
         * The login policy that every test begins with.
         *
         * @param policy default: one instance of each platform
         * @return this
         */
        public Builder loginPolicy(LoginPolicy policy) {
            Objects.requireNonNull(policy, "policy");
            return config(config -> config.loginPolicy(policy));
        }

        /**
         * Changes anything else of the server's configuration: more apps, TLS, limits.
         *
         * @param change changes the configuration's builder, which has the app already; called once, in {@link #build()}
         * @return this
         */
        public Builder config(Consumer<LoginServerConfig.Builder> change) {
            this.change = this.change.andThen(change);
            return this;
        }

        /**
         * Starts a server for each test method instead of one for the class. For tests whose application may still be connecting when
         * the next test begins: what comes late from an earlier test cannot reach a later one.
         *
         * @return this
         */
        public Builder serverPerMethod() {
            serverPerMethod = true;
            return this;
        }

        /**
         * Ends the configuration. Nothing is started yet.
         *
         * @return the extension, for a field with {@code @RegisterExtension}
         * @throws IllegalArgumentException if the changed configuration is refused
         */
        public LoginServerExtension build() {
            return new LoginServerExtension(this);
        }
    }
}
